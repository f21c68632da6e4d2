"""A file with a secret in it, which its owner alone can read."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from cli.problem import Problem


def refuse_unless_writable(file: Path | None) -> None:
    """Raises a Problem of type ``NotWritten`` if such a file could not be written, where one is named: before anything
    is done that is to be told in it."""
    if file is None:
        return
    try:
        # What is no file of its own would be deleted: the device /dev/null, or the link /dev/stdout, for everybody.
        if file.is_symlink() or (file.exists() and not file.is_file()):
            raise Problem("NotWritten", f"{file} is there, and no file that could be written anew: name another one")
        with NamedTemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise _not_written(file, error) from None


def write_secret(file: Path, content: bytes) -> None:
    """Writes the file anew; raises a Problem of type ``NotWritten`` if that cannot be done."""
    refuse_unless_writable(file)
    try:
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise _not_written(file, error) from None


def _not_written(file: Path, error: OSError) -> Problem:
    return Problem("NotWritten", f"{file} cannot be written: {error.strerror}")
