"""Subscriptions that were ended from outside: an operator terminated them, or they had a timeout and ran into it."""

from typing import Final

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

ENDED_OUTSIDE: Final = {
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
}
"""How a run can end that did not end itself, in words."""

CONDITION: Final = "ExecutionStatus IN ('Terminated', 'TimedOut')"
"""The same in the query language of visibility."""


async def not_brought_back(client: Client, runs: list[WorkflowExecution]) -> list[WorkflowExecution]:
    """Those of these runs that were not ended from outside, or that nothing has followed since.

    Visibility goes on listing a run that was restored, and does not know of the next one.
    """
    return [run for run in runs if run.status not in ENDED_OUTSIDE or await _is_last(client, run)]


async def _is_last(client: Client, run: WorkflowExecution) -> bool:
    try:
        return (await client.get_workflow_handle(run.id).describe()).run_id == run.run_id
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return False  # visibility still lists what Temporal has just forgotten
