"""What a command could not do, in one sentence."""

from typing import Final

from pydantic import ValidationError
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError, TimeoutError
from temporalio.service import RPCError
from typer import TyperException

from contract.failure import CANCELLED, INVALID_REQUEST
from process.settings import SettingsProblem
from seller.catalog import CatalogProblem, UnknownProduct
from temporal.client import NoTemporalServer
from temporal.encryption.sealed import Undecipherable

REFUSED: Final = 2
"""Exit code for a command that can never work as it stands; 1 is for one that may work later."""

UNEXPECTED: Final = 70
"""Exit code for a mistake in this program (EX_SOFTWARE of sysexits.h)."""

INTERRUPTED: Final = 130

PERSONAL: Final = {"email"}
"""Fields whose value is not repeated in an error message."""


class Problem(Exception):
    """Why a command ends early: a failure type of the contract, or a word of our own, and one sentence."""

    def __init__(self, type: str, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.exit_code = exit_code


class Conflict(Problem):
    """An id that is known already, with other contents than what is asked for now."""

    def __init__(self, message: str) -> None:
        super().__init__(INVALID_REQUEST, message, REFUSED)


def problem_of(error: Exception) -> Problem:
    """What to tell about an error. One that nobody foresaw is not quoted: it may hold what must not be shown."""
    match error:
        case Problem():
            return error
        case NoTemporalServer():
            return Problem("NoTemporalServer", str(error))
        case SettingsProblem():
            return Problem("BadSettings", str(error), REFUSED)
        case CatalogProblem():
            return Problem("BadCatalog", str(error), REFUSED)
        case UnknownProduct():
            return Problem(INVALID_REQUEST, str(error), REFUSED)
        case Undecipherable():
            return Problem("UnknownKey", str(error))
        case TyperException():
            return Problem("BadCommand", f"{error.format_message().rstrip('.')}; --help tells more", REFUSED)
        case ApplicationError():
            return _refusal(error)
        case RPCError():
            return Problem("TemporalRefused", f"The Temporal server refused: {error.message}")
    return Problem(
        "Unexpected", f"Something unforeseen went wrong ({type(error).__name__}): --debug shows where", UNEXPECTED
    )


def failed(what: str, cause: BaseException | None) -> Problem:
    """What a run or an update failed with; ``what`` says which, as the subject of a sentence."""
    while cause is not None:
        match cause:
            case ApplicationError():
                return _refusal(cause)
            case CancelledError():
                return Problem(CANCELLED, f"{what} was cancelled; whatever it held was given back")
            case TerminatedError():
                return Problem("Terminated", f"{what} was terminated: look in the Temporal Web UI what it left behind")
            case TimeoutError():
                return Problem("TimedOut", f"{what} ran out of the time that it was started with")
        cause = cause.__cause__
    return Problem("Failed", f"{what} failed: look in the Temporal Web UI why")


def _refusal(error: ApplicationError) -> Problem:
    return Problem(error.type or "Failed", error.message, REFUSED if error.type == INVALID_REQUEST else 1)


def not_found(what: str) -> Problem:
    """The server knows nothing of it."""
    return Problem("NotFound", f"The Temporal server knows of no {what}; what ended long ago it has forgotten")


def malformed(error: ValidationError) -> Problem:
    """A request that the contract does not allow: the first thing that is wrong with it."""
    fault = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in fault["loc"])
    value = "" if field in PERSONAL else f" {fault['input']!r}"
    return Problem(INVALID_REQUEST, f"{field}{value}: {fault['msg']}", REFUSED)
