"""What the server knows of a run, for code in a thread of its own: workflow code is carried out in one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

LOOK_SECONDS: Final = 0.7
"""The SDK gives workflow code 2 s before it takes it for deadlocked, and on a busy machine that is soon over."""

LAST_EVENTS: Final = 50
"""Of a history, in which a workflow task is looked for that was done just now: more than one leaves behind."""


ENDS: Final = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}
"""The last event of a run that has ended."""


class RunsAtServer:
    """Asks the server. Who cannot be told in time is told no. To be made in the event loop."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()

    def is_closed(self, workflow_id: str, run_id: str) -> bool:
        """Whether that run has ended."""
        return self._told(self._is_closed(workflow_id, run_id))

    def is_settled(self, workflow_id: str, run_id: str, *, began_with: int) -> bool:
        """Whether the workflow task that began with this event was completed by this process, or the run has ended."""
        return self._told(self._is_settled(workflow_id, run_id, began_with))

    def _told(self, look: Coroutine[Any, Any, bool]) -> bool:
        try:
            return asyncio.run_coroutine_threadsafe(look, self._loop).result(LOOK_SECONDS)
        except (TimeoutError, CancelledError):
            return False
        except RPCError as error:
            return error.status == RPCStatusCode.UNIMPLEMENTED  # the test server that skips time, with one worker

    async def _is_closed(self, workflow_id: str, run_id: str) -> bool:
        description = await self._client.get_workflow_handle(workflow_id, run_id=run_id).describe()
        return description.status != WorkflowExecutionStatus.RUNNING

    async def _is_settled(self, workflow_id: str, run_id: str, began_with: int) -> bool:
        last = await self._client.workflow_service.get_workflow_execution_history_reverse(
            GetWorkflowExecutionHistoryReverseRequest(
                namespace=self._client.namespace,
                execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
                maximum_page_size=LAST_EVENTS,
            ),
            retry=True,
        )
        events = last.history.events  # the newest first
        return (bool(events) and events[0].event_type in ENDS) or any(
            event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
            and event.workflow_task_completed_event_attributes.started_event_id == began_with
            and event.workflow_task_completed_event_attributes.identity == self._client.identity
            for event in events
        )
