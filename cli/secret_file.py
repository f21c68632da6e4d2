"""A file with a secret in it, which its owner alone can read."""

import os
from pathlib import Path

from cli.problem import Problem


def write_secret(file: Path, content: bytes) -> None:
    """Writes the file anew; raises a Problem of type ``NotWritten`` if that cannot be done."""
    try:
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise Problem("NotWritten", f"{file} cannot be written: {error.strerror}") from None
