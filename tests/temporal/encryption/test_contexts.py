"""Which workflow the SDK says that a payload is for, on both sides of everything that it can do: on the real server.

What it says on one side and not on the other would be refused. A new version of the SDK that says something else fails
here, and not in a sale.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count
from typing import Any, Final, cast

import pytest
from temporalio import activity, workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleSpec,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import RetryPolicy, WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, TerminatedError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from temporal.encryption.sealed import Undecipherable
from tests.support.encrypting_shop import with_keys
from tests.support.encryption_keys import ring
from tests.support.seller import eventually

Run = WorkflowHandle[Any, Any]

ONCE: Final = RetryPolicy(maximum_attempts=1)
SOON: Final = timedelta(seconds=20)
TASK_QUEUE: Final = "contexts"

numbers = count()


@activity.defn
async def stumble(word: str) -> str:
    if activity.info().heartbeat_details:
        return f"{word} after {activity.info().heartbeat_details[0]}"
    activity.heartbeat("a heartbeat")
    raise ApplicationError("stumbled", "a detail", type="Stumbled")


@activity.defn
async def fail(word: str) -> str:
    raise ApplicationError(f"failed with {word}", "a detail", type="Failed", non_retryable=True)


class Listener:
    """What a workflow hears by signals."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @workflow.signal
    def hear(self, word: str) -> None:
        self.heard.append(word)


@workflow.defn
class Below(Listener):
    """A child, which says what it was told; or fails."""

    @workflow.run
    async def run(self, word: str) -> list[str]:
        await workflow.wait_condition(lambda: bool(self.heard))
        if word == "fail":
            raise ApplicationError("the child failed", "a detail", type="ChildFailed")
        return [word, str(workflow.memo_value("note")), *self.heard]

    @workflow.update
    async def ask(self, word: str) -> str:
        self.heard.append(word)
        return f"answer to {word}"


@workflow.defn
class Everything(Listener):
    """Says everything in every way there is."""

    @workflow.run
    async def run(self, said: list[str]) -> list[str]:
        workflow.set_current_details("current details")
        if not said:
            workflow.continue_as_new(["carried"], memo={"note": "memo of the second run"})
        workflow.upsert_memo({"more": "an upserted memo"})
        said += [str(workflow.memo_value("note", "")), str(workflow.memo_value("more", ""))]
        said.append(await workflow.execute_activity(stumble, "up", start_to_close_timeout=SOON))
        for word in ("child", "fail"):
            name = f"{workflow.info().workflow_id}-{word}"
            child = await workflow.start_child_workflow(
                Below.run, word, id=name, memo={"note": "memo of a child"}, static_summary="summary of a child"
            )
            if word == "child":
                await child.signal(Below.hear, "by its handle")
            else:
                await workflow.get_external_workflow_handle_for(Below.run, name).signal(Below.hear, "by its id")
            try:
                said += await child
            except ChildWorkflowError as error:
                cause = cast("ApplicationError", error.cause)
                said += [cause.message, *cause.details]
        await workflow.wait_condition(lambda: len(self.heard) >= 2)
        for where in ("local", "a queue"):
            call = workflow.execute_local_activity if where == "local" else workflow.execute_activity
            try:
                await call(fail, where, start_to_close_timeout=SOON, retry_policy=ONCE, summary="a summary")
            except (ActivityError, ApplicationError) as error:  # that of a local one comes as it is
                cause = cast("ApplicationError", error.cause or error)
                said += [cause.message, *cause.details]
        raise ApplicationError("everything", said, type="Said")

    @workflow.update
    async def ask(self, word: str) -> str:
        self.heard.append(word)
        return f"answer to {word}"

    @ask.validator
    def refuse(self, word: str) -> None:
        if word == "refused":
            raise ApplicationError("no such word", "a detail", type="Refused")

    @workflow.query
    def said(self, prefix: str) -> list[str]:
        return [prefix + word for word in self.heard]


@asynccontextmanager
async def working(client: Client, cached: int) -> AsyncIterator[Client]:
    """A client that encrypts, and a worker that remembers so many runs."""
    encrypting = with_keys(client, ring(1))
    async with Worker(
        encrypting,
        task_queue=TASK_QUEUE,
        workflows=[Everything, Below],
        activities=[stumble, fail],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=cached,
    ):
        yield encrypting


@pytest.mark.parametrize("cached", [0, 100])
async def test_what_one_side_writes_the_other_reads_in_everything_that_the_sdk_can_do(
    client: Client, cached: int
) -> None:
    async with working(client, cached) as encrypting:
        run: Run = await encrypting.start_workflow(
            Everything.run,
            [],
            id=f"everything-{next(numbers)}",
            task_queue=TASK_QUEUE,
            memo={"note": "a memo"},
            static_summary="a summary",
            static_details="details",
            start_signal="hear",
            start_signal_args=["a signal that starts"],
        )
        first = encrypting.get_workflow_handle(run.id, run_id=run.result_run_id)  # another may have begun by now
        description = await first.describe()
        assert await description.static_summary() == "a summary"
        assert await description.static_details() == "details"

        async def goes_on() -> bool:
            return (await encrypting.get_workflow_handle(run.id).describe()).run_id != run.result_run_id

        await eventually(goes_on)
        run = encrypting.get_workflow_handle(run.id)
        assert await run.execute_update(Everything.ask, "an update") == "answer to an update"
        with pytest.raises(WorkflowUpdateFailedError) as refusal:
            await run.execute_update(Everything.ask, "refused")
        assert isinstance(refusal.value.cause, ApplicationError)
        assert (refusal.value.cause.message, refusal.value.cause.details) == ("no such word", ("a detail",))
        await run.signal(Everything.hear, "a signal")
        assert await run.query(Everything.said, "heard ") == ["heard an update", "heard a signal"]
        with pytest.raises(WorkflowFailureError) as failure:
            await run.result()
        assert isinstance(failure.value.cause, ApplicationError)
        assert (failure.value.cause.type, failure.value.cause.message) == ("Said", "everything")
        assert failure.value.cause.details == (
            [
                *("carried", "memo of the second run", "an upserted memo", "up after a heartbeat"),
                *("child", "memo of a child", "by its handle"),
                *("the child failed", "a detail"),
                *("failed with local", "a detail", "failed with a queue", "a detail"),
            ],
        )
        assert await (await run.describe()).memo() == {"note": "memo of the second run", "more": "an upserted memo"}

        async def listed() -> dict[str, Any] | None:
            found = [await one.memo() async for one in encrypting.list_workflows(f"WorkflowId = '{run.id}-child'")]
            return dict(found[0]) if found else None

        assert await eventually(listed) == {"note": "memo of a child"}


async def test_what_starts_and_ends_a_run_in_other_ways_is_for_that_run_too(client: Client) -> None:
    async with working(client, 100) as encrypting:
        name = f"other-ways-{next(numbers)}"
        started = WithStartWorkflowOperation(
            Below.run,
            "a word",
            id=name,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            memo={"note": "a memo"},
        )
        answer = await encrypting.execute_update_with_start_workflow(
            Below.ask, "an update", start_workflow_operation=started
        )
        assert answer == "answer to an update"
        assert await encrypting.get_workflow_handle(name).result() == ["a word", "a memo", "an update"]

        run: Run = await encrypting.start_workflow(Below.run, "a word", id=f"{name}-2", task_queue=TASK_QUEUE)
        await run.terminate("a detail", reason="a reason")
        with pytest.raises(WorkflowFailureError) as failure:
            await run.result()
        assert isinstance(failure.value.cause, TerminatedError)
        assert failure.value.cause.details == ("a detail",)


async def test_what_the_sdk_gives_another_place_is_refused_where_it_is_for_and_is_nothing_of_ours(
    client: Client,
) -> None:
    """The summary of a child is encoded for its parent, and what a schedule starts for the id without the time."""
    async with working(client, 100) as encrypting:
        name = f"elsewhere-{next(numbers)}"
        await encrypting.start_workflow(Everything.run, ["carried"], id=name, task_queue=TASK_QUEUE)
        child = encrypting.get_workflow_handle(f"{name}-child")

        async def described() -> Any:
            try:
                return await child.describe()
            except RPCError:
                return None

        description = await eventually(described)
        with pytest.raises(Undecipherable, match="was written for another workflow"):
            await description.static_summary()
        summary = description.raw_description.execution_config.user_metadata.summary
        assert await encrypting.data_converter.decode([summary]) == ["summary of a child"]

        action = ScheduleActionStartWorkflow(Below.run, "a word", id=f"{name}-scheduled", task_queue=TASK_QUEUE)
        schedule = await encrypting.create_schedule(f"{name}-schedule", Schedule(action, spec=ScheduleSpec()))
        await schedule.trigger()

        async def failed() -> bool:
            async for one in encrypting.list_workflows(f"WorkflowId STARTS_WITH '{name}-scheduled-'"):
                history = await encrypting.get_workflow_handle(one.id).fetch_history()
                return any(event.HasField("workflow_task_failed_event_attributes") for event in history.events)
            return False

        await eventually(failed)
        await schedule.delete()
        async for one in encrypting.list_workflows(f"WorkflowId STARTS_WITH '{name}'"):
            with suppress(RPCError):
                await encrypting.get_workflow_handle(one.id).terminate()
