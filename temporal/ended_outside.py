"""Subscriptions that were ended from outside: an operator terminated them, or they had a timeout and ran into it."""

import asyncio
from typing import Final

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from temporal.description import description_of

ENDED_OUTSIDE: Final = {
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
}
"""How a run can end that did not end itself, in words."""

CONDITION: Final = "ExecutionStatus IN ('Terminated', 'TimedOut')"
"""The same in the query language of visibility."""

AT_ONCE: Final = 20
"""Runs that are asked for at the same time."""


async def not_brought_back(client: Client, runs: list[WorkflowExecution]) -> list[WorkflowExecution]:
    """Those of these runs that were not ended from outside, or that nothing has followed since.

    Visibility goes on listing a run that was restored, and does not know of the next one.
    """
    ended = [run for run in runs if run.status in ENDED_OUTSIDE]
    followed = set[str]()
    for start in range(0, len(ended), AT_ONCE):
        some = ended[start : start + AT_ONCE]
        are_last = await asyncio.gather(*(_is_last(client, run) for run in some))
        followed |= {run.run_id for run, is_last in zip(some, are_last, strict=True) if not is_last}
    return [run for run in runs if run.run_id not in followed]


async def _is_last(client: Client, run: WorkflowExecution) -> bool:
    last = await description_of(client.get_workflow_handle(run.id))
    return last is not None and last.run_id == run.run_id  # visibility still lists what Temporal has just forgotten
