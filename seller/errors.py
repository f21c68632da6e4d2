"""Errors of this library: a type to decide by, and one sentence for people."""

from typing import Final

from pydantic import ValidationError
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError, TimeoutError
from temporalio.service import RPCError, RPCStatusCode

from contract.failure import CANCELLED, INVALID_REQUEST
from contract.message import told
from seller.catalog import CatalogProblem, UnknownProduct
from temporal.client import NoTemporalServer
from temporal.encryption.sealed import Undecipherable

PERSONAL: Final = {"email"}
"""Fields whose value is not repeated in an error message."""

NEED_AN_OPERATOR: Final = ("TemporalRefused", "UnknownKey", "BadAccounts")
"""Types of errors that pass no sooner than somebody sees to them: the message says what to do."""

MANY_IN_ALL: Final = "limit on the total number of distinct updates"
"""What Temporal says of a run that has had 2,000 updates, with a status that has other causes, too."""


HOW_TO_RESTORE: Final = "an operator can bring it back, with starter.py restore"
"""What can be done about a run that was ended from outside."""


class SellerError(Exception):
    """Why something was not done.

    ``type`` is a failure type of the contract (contract/failure.py) or a word of this library: ``NotFound``,
    ``NotCompleted``, ``NotCounted``, ``NotDone``, ``NotRegistered``, ``NoTemporalServer``, ``NoWorker``,
    ``QueryFailed``, ``TemporalRefused``, ``TemporalLimit``, ``UnknownKey``, ``BadCatalog``, ``BadAccounts``,
    ``Terminated``, ``TimedOut``, ``Failed``, ``Unexpected``.
    ``message`` is one sentence without a full stop, and holds no secret.
    """

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type
        self.message = message


class Conflict(SellerError):
    """A purchase id that is known already, with other contents than what is asked for now: an ``InvalidRequest``."""

    def __init__(self, message: str) -> None:
        super().__init__(INVALID_REQUEST, message)


class NoAnswer(SellerError):
    """No server (type ``NoTemporalServer``) or no worker (``NoWorker``) answers, or one that cannot read the run that
    is asked (``QueryFailed``). What was sent may have arrived; asking again later may help.
    """


RAISED: Final = (SellerError, RPCError, Undecipherable)
"""Everything that this library raises on purpose: a SellerError, what Temporal refuses, what is encrypted with a key
that is not here. ``seller_error`` makes a SellerError of each."""


def seller_error(error: Exception) -> SellerError:
    """Any error as a SellerError. One that nobody foresaw is not quoted: it may hold what must not be shown."""
    match error:
        case SellerError():
            return error
        case NoTemporalServer():
            return SellerError("NoTemporalServer", str(error))
        case CatalogProblem():
            return SellerError("BadCatalog", str(error))
        case UnknownProduct():
            return SellerError(INVALID_REQUEST, str(error))
        case Undecipherable():
            return SellerError("UnknownKey", str(error))
        case ApplicationError():
            return _refusal(error)
        case RPCError() if is_limit(error):
            return SellerError("TemporalLimit", f"The Temporal server takes no more for the moment: {error.message}")
        case RPCError():
            return SellerError("TemporalRefused", f"The Temporal server refused: {error.message}")
    return SellerError("Unexpected", f"Something unforeseen went wrong ({type(error).__name__})")


def is_limit(error: RPCError) -> bool:
    """Whether Temporal refuses for one of its limits: too many at once, or too many updates of one run."""
    too_many_in_all = error.status == RPCStatusCode.FAILED_PRECONDITION and MANY_IN_ALL in error.message
    return error.status == RPCStatusCode.RESOURCE_EXHAUSTED or too_many_in_all


def failed(what: str, cause: BaseException | None) -> SellerError:
    """What a run or an update failed with; ``what`` says which one, as the subject of a sentence."""
    while cause is not None:
        match cause:
            case ApplicationError():
                return _refusal(cause)
            case CancelledError():
                return SellerError(CANCELLED, f"{what} was cancelled; whatever it held was given back")
            case TerminatedError():
                return ended_outside(what, "terminated")
            case TimeoutError():
                return SellerError("TimedOut", f"{what} ran out of the time that it was started with")
        cause = cause.__cause__
    return SellerError("Failed", f"{what} failed: look in the Temporal Web UI why")


def _refusal(error: ApplicationError) -> SellerError:
    return SellerError(error.type or "Failed", error.message)


def not_found(what: str, kept: str = "long") -> SellerError:
    """A ``NotFound``: the server knows nothing of it, or nothing that may be told. ``kept`` is for how long it keeps
    what has ended."""
    return SellerError("NotFound", f"The Temporal server knows of no {what}; what ended {kept} ago it has forgotten")


def ended_outside(what: str, how: str) -> SellerError:
    """A ``Terminated``: it takes nothing, but is not lost. ``how`` says how it was ended."""
    return SellerError("Terminated", f"{what} was {how} from outside: {HOW_TO_RESTORE}")


def malformed(error: ValidationError) -> SellerError:
    """An ``InvalidRequest`` for what the contract does not allow: the first thing that is wrong with it."""
    fault = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in fault["loc"])
    value = "" if field in PERSONAL else f" {fault['input']!r:.100}"
    return SellerError(INVALID_REQUEST, f"{field}{value}: {told(fault)}")
