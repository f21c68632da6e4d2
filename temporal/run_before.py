"""Which run a reset took the place of: the one that knows what was done last."""

from datetime import UTC, datetime
from typing import Final

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

RESET: Final = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW

NEVER: Final = datetime.max.replace(tzinfo=UTC)


async def run_before_reset(client: Client, workflow_id: str, run_id: str) -> str | None:
    """The run that went on, or was the last to end, when ``run_id`` was made by a reset; None if the server knows none.

    A reset may be to any run of the past, and ends the one of today. So all that visibility lists are looked at, and
    what it lists too late is found by the runs before it. A run that was itself made by a reset, and was ended before
    it had taken up what there was, has done nothing.

    Raises:
        RPCError: if the server refuses.
    """
    found = dict[str, datetime]()
    begin = [run.run_id async for run in client.list_workflows(f"WorkflowId = '{workflow_id}'")]
    for one in [*begin, *await _reset_from(client, workflow_id, run_id)]:
        last = await _last_after(client, workflow_id, one, run_id) if one != run_id else None
        if last and last not in found and not await _reset_from(client, workflow_id, last):
            described = await client.get_workflow_handle(workflow_id, run_id=last).describe()
            found[last] = described.close_time or NEVER
    return max(found, key=lambda run: found[run], default=None)


async def _reset_from(client: Client, workflow_id: str, run_id: str) -> list[str]:
    """The runs whose histories this one was made of; none if it began by itself."""
    run, bases = client.get_workflow_handle(workflow_id, run_id=run_id), list[str]()
    async for event in run.fetch_history_events():
        failed = event.workflow_task_failed_event_attributes
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED and failed.cause == RESET:
            bases.append(failed.base_run_id)
    return bases


async def _last_after(client: Client, workflow_id: str, run_id: str, own: str) -> str | None:
    """The run that this one went on as, and so on to the last; None if the server has forgotten it."""
    last: str | None = run_id
    try:
        while last:
            run, run_id = client.get_workflow_handle(workflow_id, run_id=last), last
            last = None
            async for event in run.fetch_history_events(wait_new_event=False):
                last = event.workflow_execution_continued_as_new_event_attributes.new_execution_run_id or None
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None
    return run_id if run_id != own else None
