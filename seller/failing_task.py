"""Runs whose workflow code cannot go on, as the Temporal server knows it: it answers no query for them."""

from collections.abc import Awaitable, Sequence
from typing import Any, Final, TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from seller.errors import NoAnswer
from seller.failure_text import failure_text
from seller.server import Server
from temporal.refused_query import is_refused

LAST_EVENTS: Final = 20
"""How far back a failed workflow task is looked for: while it keeps failing, it is among the last few events."""

TASK_FAILED: Final = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED

Answer = TypeVar("Answer")


async def why_task_fails(server: Server, run: WorkflowHandle[Any, Any]) -> str | None:
    """Why the last workflow task that failed did; None if none did lately."""
    for event in await last_events(server, run):
        if event.event_type == TASK_FAILED:
            return await failure_text(server.client, run.id, event.workflow_task_failed_event_attributes.failure)
    return None


async def last_events(server: Server, run: WorkflowHandle[Any, Any]) -> Sequence[HistoryEvent]:
    """The newest events of its history, the newest first. Raises NoAnswer if the server does not answer in time."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=server.client.namespace,
        execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id or ""),
        maximum_page_size=LAST_EVENTS,
    )
    call = server.client.workflow_service.get_workflow_execution_history_reverse(request)
    return (await server.answers(call)).history.events


async def answer_of(
    server: Server, run: WorkflowHandle[Any, Any], query: Awaitable[Answer], seconds: float | None = None
) -> Answer:
    """What a worker answers to a query of this run.

    Raises:
        NoAnswer: if there is none in time; ``QueryFailed``, which says why, if the run cannot go on.
        RPCError: if the server refuses.
    """
    try:
        return await server.worker_answers(run, query, seconds)
    except (NoAnswer, RPCError) as refusal:
        if is_refused(refusal) and (why := await why_task_fails(server, run)):
            raise NoAnswer("QueryFailed", f"{run.id} cannot go on, and answers nothing until it can: {why}") from None
        raise
