"""Runs workflows so that a query cannot change in which order, or when, a history is carried out.

A query that waited for a worker comes with all events up to now, also those of a workflow task that has yet to begin,
or that another worker has in hand. The SDK's core has these carried out at once, before the query is answered.

What comes with the task itself, an update or a signal, is then carried out after them; on every replay all of it is one
task, in which updates and signals are first. And where the other worker fails that task, as a build does that cannot
read what came, the events belong to a later one: a replay carries them out at another time. What is decided then stands
in the history otherwise than a replay decides it, and the run fails its tasks for good (seen with temporalio 1.35;
https://github.com/temporalio/sdk-python/issues/1591 is of the same kind).
"""

from collections.abc import Sequence
from typing import Final

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker._command_aware_visitor import CommandInfo
from temporalio.workflow import Info, _Definition

from contract.failure import NOT_YET
from temporal.runs_at_server import RunsAtServer

LEGACY_QUERY: Final = "legacy_query"
"""What the SDK's core calls a query that came by itself: those that come with a workflow task have ids of their own."""


class WholeTaskRunner(WorkflowRunner):
    """Creates the instances of another runner, and lets each of them carry out whole workflow tasks alone.

    A run that has ended can be asked all the same: no task will follow that could contradict.
    """

    def __init__(self, runner: WorkflowRunner, runs: RunsAtServer) -> None:
        self._runner = runner
        self._runs = runs

    def prepare_workflow(self, defn: _Definition) -> None:
        """Has the other runner prepare it."""
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """Tells the other runner."""
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Has the other runner create it."""
        return _WholeTasks(self._runner.create_instance(det), self._runs)


class _WholeTasks(WorkflowInstance):
    """Refuses events that came with a query, before the workflow task that they belong to is this worker's.

    The query fails and the run leaves the worker's cache, which is all: the history does not change. Who asks again is
    answered once the task is done.
    """

    def __init__(self, instance: WorkflowInstance, runs: RunsAtServer) -> None:
        self._instance = instance
        self._runs = runs
        self._begun = WorkflowActivation()  # of what was carried out last, only what is compared
        self._is_new = False
        """Whether that was news, of which no history says yet that this worker's task brought it."""

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Carries it out, or completes it as failed."""
        if self._is_before_its_task(act) or self._is_after_anothers(act):
            refusal = WorkflowActivationCompletion(run_id=act.run_id)
            refusal.failed.failure.message = f"{NOT_YET}: there is news of this run that it has to deal with; ask again"
            return refusal
        if not _is_query(act):
            self._begun = WorkflowActivation(history_length=act.history_length, timestamp=act.timestamp)
            self._is_new = not act.is_replaying and not _came_by_a_task(act)
        return self._instance.activate(act)

    def _is_after_anothers(self, act: WorkflowActivation) -> bool:
        """Whether a query by itself follows news that were of another worker's task.

        Nothing in an activation tells that from news that came by a task of our own, which is done: the server knows.
        """
        is_by_itself = any(job.query_workflow.query_id == LEGACY_QUERY for job in act.jobs)
        if not (is_by_itself and self._is_new and act.history_size_bytes > 0):
            return False
        run = self.get_info().workflow_id, act.run_id
        self._is_new = not self._runs.is_settled(*run, began_with=self._begun.history_length)
        return self._is_new

    def _is_before_its_task(self, act: WorkflowActivation) -> bool:
        """Whether it brings events and no new task to a run that goes on: a task tells the time when it began.

        One that failed tells none, and its events are carried out in the next. The time-skipping test server tells no
        sizes, and stops the clock: there, nothing is refused.
        """
        return (
            not _is_query(act)
            and act.history_length > self._begun.history_length > 0
            and act.history_size_bytes > 0
            and act.timestamp == self._begun.timestamp
            and not self._runs.is_closed(self.get_info().workflow_id, act.run_id)
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


def _is_query(act: WorkflowActivation) -> bool:
    return all(job.HasField("query_workflow") for job in act.jobs)


def _came_by_a_task(act: WorkflowActivation) -> bool:
    """Whether an update is in it. One that is refused leaves nothing in the history, not even the task."""
    return any(job.HasField("do_update") for job in act.jobs)
