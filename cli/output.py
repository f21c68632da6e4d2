"""Standard output and standard error, whatever they are: a terminal of any encoding, a pipe whose reader is gone, a
full disk, nothing at all."""

import io
import os
import sys
from typing import Any, Final, NoReturn, cast

from cli.problem import Problem

SIZES: Final = ("COLUMNS", "LINES", "JUPYTER_COLUMNS", "JUPYTER_LINES")
"""What rich reads, and takes for a number by ``isdigit``: so is ``²``."""


class ReaderGone(Exception):
    """Whoever read the output has seen enough, as ``head`` does."""


class Output:
    """Standard output, as a file: what keeps it from being written is an error of its own, and no mistake of ours."""

    def write(self, text: str) -> int:
        """Raises ReaderGone, or a Problem of type ``NotWritten``."""
        try:
            return sys.stdout.write(text)
        except OSError as error:
            _refuse(error)

    def flush(self) -> None:
        """Raises what ``write`` raises."""
        try:
            sys.stdout.flush()
        except OSError as error:
            _refuse(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stdout, name)


def _refuse(error: OSError) -> NoReturn:
    if isinstance(error, BrokenPipeError):
        raise ReaderGone from None
    raise Problem("NotWritten", f"The answer cannot be written to standard output: {error.strerror}") from None


def keep_streams_usable() -> None:
    """Gives a stream that is closed somewhere to write to, and has what an encoding lacks written in its place: a
    question mark at a terminal, and what it was elsewhere. What has been done is done, whoever can read it. A size of
    the terminal that is no number (``COLUMNS``) is forgotten."""
    for name in SIZES:
        if not os.environ.get(name, "0").isdecimal():
            del os.environ[name]
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream.closed:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for as long as the process lives
        elif isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            errors = "replace" if stream.isatty() else "backslashreplace"
            try:
                stream.reconfigure(errors=errors)
            except OSError:  # it was a file once, and is a pipe now, where no place can be asked for
                again = open(stream.fileno(), "w", encoding=stream.encoding, errors=errors, closefd=False)  # noqa: SIM115
                setattr(sys, name, again)


def can_show(text: str) -> bool:
    """Whether every letter of a text can be written to standard output as it is."""
    try:
        text.encode(cast("str | None", sys.stdout.encoding) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
