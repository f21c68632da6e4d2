"""The exit codes of the terminal, by the type of what went wrong."""

from typing import Final

from cli.problem import Problem
from contract.failure import INVALID_REQUEST
from seller.errors import SellerError

MAY_WORK_LATER: Final = 1
REFUSED: Final = 2
"""For a command that can never work as it stands."""

UNEXPECTED: Final = 70
"""For a mistake in this program (EX_SOFTWARE of sysexits.h)."""

INTERRUPTED: Final = 130
"""For Ctrl-C, as shells have it: 128 and the number of SIGINT."""

READER_GONE: Final = 141
"""For a reader that has gone, as ``head`` does: 128 and the number of SIGPIPE."""

EXIT_CODES: Final = {
    **dict.fromkeys(
        (INVALID_REQUEST, "BadSettings", "BadCatalog", "BadAccounts", "BadCommand", "NotWritten", "NotRead"), REFUSED
    ),
    "Unexpected": UNEXPECTED,
    "Interrupted": INTERRUPTED,
}
"""Of every type but those that may work later."""


def exit_code_of(error: SellerError) -> int:
    """The exit code for an error: its own if it has one, or that of its type."""
    if isinstance(error, Problem) and error.exit_code is not None:
        return error.exit_code
    return EXIT_CODES.get(error.type, MAY_WORK_LATER)
