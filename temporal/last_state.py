"""What a run knew at the end of its last workflow task: its history is replayed up to there, and the workflow asked.

Temporal would do the same for a query, but not where the run was ended while its workflow task kept failing: it asks no
worker about such a run, for ever. And what came after that task may be what failed it.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, cast

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import (
    QueryWorkflow,
    RemoveFromCache,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.workflow import _Definition

from temporal.data_converter import converter_for
from temporal.replay import NotReplayed, why_not_replayed

TASK_COMPLETED: Final = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED

OF_UPDATES: Final = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
)
"""What a workflow task can bring about and does not name the task."""


class NeverBegun(NotReplayed):
    """No worker has ever completed a workflow task of the run."""


@dataclass(frozen=True)
class LastStates:
    """Replays runs of these workflows with this client's converter. Each has a query ``last_state``."""

    client: Client
    workflows: Sequence[type]
    runner: WorkflowRunner
    interceptors: Sequence[Interceptor]

    async def read(self, workflow_id: str, run_id: str) -> dict[str, Any]:
        """What the run's workflow answers to ``last_state`` after its last workflow task that was completed.

        Raises:
            NeverBegun: if there was none: it knows what it was started with. NotReplayed: if this build cannot replay
                it, or has not got its keys.
            RPCError: if the server does not know the run, or refuses.
        """
        run = self.client.get_workflow_handle(workflow_id, run_id=run_id)
        events = list(up_to_last_task((await run.fetch_history()).events))
        if not events:  # the SDK would wait for some for ever
            raise NeverBegun(f"The history of {workflow_id} has no workflow task that was completed")
        with ThreadPoolExecutor(1) as thread:  # a workflow's code goes on in the thread that it began in
            kept = _KeptInstance(self.runner)
            replayer = Replayer(
                workflows=self.workflows,
                workflow_task_executor=thread,
                workflow_runner=kept,
                namespace=self.client.namespace,
                data_converter=self.client.data_converter,
                interceptors=self.interceptors,
                runtime=self.client.service_client.config.runtime,
                disable_safe_workflow_eviction=True,  # it is asked first
            )
            try:
                await replayer.replay_workflow(WorkflowHistory(workflow_id, events))
                return await asyncio.get_running_loop().run_in_executor(thread, kept.last_state)
            except Exception as error:
                raise NotReplayed(f"The history of {workflow_id} {why_not_replayed(error)}") from None
            finally:
                await asyncio.get_running_loop().run_in_executor(thread, kept.evict)

    async def read_or_given(self, workflow_id: str, run_id: str) -> dict[str, Any]:
        """The same; of a run that never began, what it was started with.

        Raises:
            NotReplayed, RPCError: as ``read``.
        """
        try:
            return await self.read(workflow_id, run_id)
        except NeverBegun:
            run = self.client.get_workflow_handle(workflow_id, run_id=run_id)
            started = await anext(run.fetch_history_events(page_size=1))
            given = started.workflow_execution_started_event_attributes.input.payloads
            [state] = await converter_for(self.client, workflow_id).decode(given, [dict[str, Any]])
            return cast("dict[str, Any]", state)


def up_to_last_task(events: Sequence[HistoryEvent]) -> Iterator[HistoryEvent]:
    """These events up to the last workflow task that was completed, with what it brought about; none if none was."""
    completed = [number for number, event in enumerate(events) if event.event_type == TASK_COMPLETED]
    if not completed:
        return
    last = completed[-1]
    task = events[last].event_id
    yield from events[: last + 1]
    yield from takewhile(lambda event: _is_brought_about_by(task, event), events[last + 1 :])


def _is_brought_about_by(task: int, event: HistoryEvent) -> bool:
    attributes = getattr(event, event.WhichOneof("attributes") or "", None)
    return event.event_type in OF_UPDATES or getattr(attributes, "workflow_task_completed_event_id", None) == task


class _KeptInstance(WorkflowRunner):
    """Creates the one instance of a replay by another runner, and keeps it when the replay is over."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self._runner = runner
        self._instance: WorkflowInstance | None = None

    def prepare_workflow(self, defn: _Definition) -> None:
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        self._instance = self._runner.create_instance(det)
        return self._instance

    def last_state(self) -> dict[str, Any]:
        """Asks it as the SDK would for the server. What it answers is not encrypted yet."""
        if self._instance is None:
            raise LookupError("nothing was replayed")
        query = QueryWorkflow(query_id="last", query_type="last_state")
        asked = WorkflowActivation(jobs=[WorkflowActivationJob(query_workflow=query)])
        [command] = self._instance.activate(asked).successful.commands
        state: dict[str, Any] = json.loads(command.respond_to_query.succeeded.response.data)
        return state

    def evict(self) -> None:
        """Ends what it has begun, as the SDK asks for: left to the garbage collector, it would go on in any thread."""
        if self._instance:
            evicted = WorkflowActivationJob(remove_from_cache=RemoveFromCache())
            self._instance.activate(WorkflowActivation(jobs=[evicted]))
