"""Runs workflows so that a query cannot change in which order a history is carried out.

A query that waited for a worker comes with all events up to now, also those of a workflow task that has yet to begin.
The SDK's core has these carried out at once, before the query is answered. What comes with the task itself, an update
or a signal, is then carried out after them; on every replay all of it is one task, in which updates and signals are
first. Their commands stand in the history in another order than a replay makes them, and the run fails its tasks for
good (seen with temporalio 1.35; https://github.com/temporalio/sdk-python/issues/1591 is of the same kind).
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Final

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.service import RPCError
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker._command_aware_visitor import CommandInfo
from temporalio.workflow import Info, _Definition

from contract.failure import NOT_YET

LOOK_SECONDS: Final = 1.0
"""The SDK gives workflow code 2 s before it takes it for deadlocked."""

IsClosed = Callable[[str, str], bool]
"""Of a workflow id and a run id: whether that run has ended. It is called in a thread of its own."""


def closed_runs(client: Client) -> IsClosed:
    """Asks the server; who cannot be told in a second is not known to have ended. To be called in the event loop."""
    loop = asyncio.get_running_loop()

    async def has_ended(workflow_id: str, run_id: str) -> bool:
        description = await client.get_workflow_handle(workflow_id, run_id=run_id).describe()
        return description.status != WorkflowExecutionStatus.RUNNING

    def is_closed(workflow_id: str, run_id: str) -> bool:
        try:
            return asyncio.run_coroutine_threadsafe(has_ended(workflow_id, run_id), loop).result(LOOK_SECONDS)
        except (RPCError, TimeoutError, CancelledError):
            return False

    return is_closed


class WholeTaskRunner(WorkflowRunner):
    """Creates the instances of another runner, and lets each of them carry out whole workflow tasks alone.

    A run that has ended can be asked all the same: no task will follow that could contradict.
    """

    def __init__(self, runner: WorkflowRunner, is_closed: IsClosed) -> None:
        self._runner = runner
        self._is_closed = is_closed

    def prepare_workflow(self, defn: _Definition) -> None:
        """Has the other runner prepare it."""
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """Tells the other runner."""
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Has the other runner create it."""
        return _WholeTasks(self._runner.create_instance(det), self._is_closed)


class _WholeTasks(WorkflowInstance):
    """Refuses events that came with a query, before the workflow task that they belong to has begun.

    The query fails and the run leaves the worker's cache, which is all: the history does not change. The workflow task
    is there by then, so that who asks again is answered once it is done.
    """

    def __init__(self, instance: WorkflowInstance, is_closed: IsClosed) -> None:
        self._instance = instance
        self._is_closed = is_closed
        self._begun = WorkflowActivation()  # of what was carried out last, only what is compared

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Carries it out, or completes it as failed."""
        if self._is_before_its_task(act) and not self._is_closed(self.get_info().workflow_id, act.run_id):
            refusal = WorkflowActivationCompletion(run_id=act.run_id)
            refusal.failed.failure.message = f"{NOT_YET}: there is news of this run that it has to deal with; ask again"
            return refusal
        self._begun = WorkflowActivation(history_length=act.history_length, timestamp=act.timestamp)
        return self._instance.activate(act)

    def _is_before_its_task(self, act: WorkflowActivation) -> bool:
        """Whether it brings events and no new task: a task tells the time when it began.

        One that failed tells none, and its events are carried out in the next. The time-skipping test server tells no
        sizes, and stops the clock: there, nothing is refused.
        """
        return (
            not all(job.HasField("query_workflow") for job in act.jobs)
            and act.history_length > self._begun.history_length > 0
            and act.history_size_bytes > 0
            and act.timestamp == self._begun.timestamp
        )

    def get_serialization_context(self, command_info: CommandInfo | None) -> SerializationContext | None:
        """The instance's own."""
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: CommandInfo | None) -> StorageDriverStoreContext:
        """The instance's own."""
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Info:
        """The instance's own."""
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        """The instance's own."""
        return self._instance.get_thread_id()
