"""The workflow id that a run must have: what makes starting it once enough."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.failure import INVALID_REQUEST


def require_own_workflow_id(expected: str, what: str) -> None:
    """Raises ApplicationError, ``InvalidRequest``, under any other id: there it could be done a second time."""
    started_under = workflow.info().workflow_id
    if started_under != expected:
        raise ApplicationError(
            f"{what} was started under workflow id {started_under}; start it under {expected}",
            type=INVALID_REQUEST,
            non_retryable=True,
        )
