"""What an operation is answered with when it cannot be done: the failure types of the contract, for callers in another
namespace."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from nexusrpc import HandlerError, HandlerErrorType, OperationError, OperationErrorState
from temporalio.exceptions import ApplicationError

from seller.errors import RAISED, SellerError, seller_error

PASSING: Final = {
    "NoTemporalServer": HandlerErrorType.UNAVAILABLE,
    "NoWorker": HandlerErrorType.UNAVAILABLE,
    "QueryFailed": HandlerErrorType.UNAVAILABLE,
    "TemporalLimit": HandlerErrorType.RESOURCE_EXHAUSTED,
}
"""Types of errors that pass: Temporal asks again, for as long as the caller's operation may take."""


@contextmanager
def told_to_callers() -> Iterator[None]:
    """Says in Nexus' words what our library raises.

    Raises:
        OperationError: what was refused, or cannot be done; its cause is an ApplicationError with the type and the
            sentence, as if an update had been refused.
        HandlerError: that nobody could answer just now; Temporal tries again by itself.
    """
    try:
        yield
    except RAISED as error:
        problem = seller_error(error)
        if kind := PASSING.get(problem.type):
            raise HandlerError(f"{problem.type}: {problem.message}", type=kind) from None
        _refuse(problem)


def _refuse(problem: SellerError) -> NoReturn:
    why = ApplicationError(problem.message, type=problem.type, non_retryable=True)
    raise OperationError(problem.message, state=OperationErrorState.FAILED) from why
