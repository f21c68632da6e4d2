"""That a run has the workflow id that makes it the only one of its kind."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.failure import INVALID_REQUEST


def require_own_workflow_id(what: str, expected: str) -> None:
    """Of two runs of one workflow id Temporal lets only one be under way: under another id there could be a second.

    Raises:
        ApplicationError: ``InvalidRequest`` if this run, which is ``what``, was started under another id.
    """
    found = workflow.info().workflow_id
    if found != expected:
        raise ApplicationError(
            f"{what} was started under workflow id {found}; start it under {expected}",
            type=INVALID_REQUEST,
            non_retryable=True,
        )
