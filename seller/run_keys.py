"""Under which keys a run was written to and by whom, and under which its workers write: told by the names of keys.

Each payload names its key. So it is known without any key that somebody writes with one that the workers lack.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecution, WorkflowHandle

from seller.server import Server
from temporal.encryption.sealed import label_of
from temporal.visibility import quoted

PLAINTEXT: Final = "no key (plain text)"

RUNS_LOOKED_AT: Final = 5
"""Of the same task queue, for what the workers write, where a run has nothing of theirs yet."""


async def different_keys(server: Server, run: WorkflowHandle[object, object], task_queue: str) -> list[str]:
    """A sentence for each who wrote to this run under another key than the workers of its queue write under; none where
    all write under the same, or where nothing of the workers is known."""
    events = (await server.answers(run.fetch_history())).events
    workers = _of_workers(events) or await _of_workers_elsewhere(server, run.id, task_queue)
    if workers is None:
        return []
    told = dict.fromkeys(_told_by(events))
    return [
        f"{who} wrote {what} under {label}, and the workers of {task_queue} write under {workers}"
        for who, what, label in told
        if label != workers
    ]


def _told_by(events: Iterable[HistoryEvent]) -> Iterator[tuple[str, str, str]]:
    """Who told the run what, and under which key."""
    for event in events:
        if event.HasField("workflow_execution_started_event_attributes"):
            started = event.workflow_execution_started_event_attributes
            if started.continued_execution_run_id or started.HasField("parent_workflow_execution"):
                continue  # a worker wrote that
            yield from _written(started.identity, "what it was started with", started.input.payloads)
        elif event.HasField("workflow_execution_signaled_event_attributes"):
            signal = event.workflow_execution_signaled_event_attributes
            if not signal.HasField("external_workflow_execution"):
                yield from _written(signal.identity, f"signal {signal.signal_name}", signal.input.payloads)
        elif event.HasField("workflow_execution_update_accepted_event_attributes"):
            request = event.workflow_execution_update_accepted_event_attributes.accepted_request
            yield from _written(request.meta.identity, f"update {request.input.name}", request.input.args.payloads)


def _written(who: str, what: str, payloads: Sequence[Payload]) -> Iterator[tuple[str, str, str]]:
    for payload in payloads[:1]:
        yield who or "somebody", what, label_of(payload) or PLAINTEXT


def _of_workers(events: Sequence[HistoryEvent]) -> str | None:
    """The key of the newest payload that a worker wrote into a history; None if there is none."""
    for event in reversed(events):
        for payload in _workers_payloads(event):
            return label_of(payload) or PLAINTEXT
    return None


def _workers_payloads(event: HistoryEvent) -> Sequence[Payload]:
    if event.HasField("activity_task_scheduled_event_attributes"):
        return event.activity_task_scheduled_event_attributes.input.payloads
    if event.HasField("activity_task_completed_event_attributes"):
        return event.activity_task_completed_event_attributes.result.payloads
    if event.HasField("workflow_execution_completed_event_attributes"):
        return event.workflow_execution_completed_event_attributes.result.payloads
    return ()


async def _of_workers_elsewhere(server: Server, workflow_id: str, task_queue: str) -> str | None:
    """By what they wrote into other runs, the newest of them."""
    query = f"TaskQueue = {quoted(task_queue)}"

    async def newest() -> list[WorkflowExecution]:
        return [run async for run in server.client.list_workflows(query, limit=RUNS_LOOKED_AT + 1)]

    for other in await server.answers(newest()):
        if other.id != workflow_id:
            handle = server.client.get_workflow_handle(other.id, run_id=other.run_id)
            if label := _of_workers((await server.answers(handle.fetch_history())).events):
                return label
    return None
