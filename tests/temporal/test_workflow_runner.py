"""Queries that waited for a worker, and what came meanwhile: it belongs to a workflow task, which may be another's."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pydantic import SecretStr
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from sft_check.client import sft_client
from temporal.asking_again import asking_again
from temporal.runs_at_server import RunsAtServer
from temporal.workflow_runner import WholeTaskRunner
from tests.support.seller import eventually
from worker import WorkerSettings, ceiling_of, workers

HOUR = timedelta(hours=1)
RUNS = 10


@workflow.defn
class Orders:
    """Does one thing after the other, until it is told to stop."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.is_over = False

    @workflow.run
    async def run(self, queue: str) -> list[str]:
        for what in ("first", "second"):
            await workflow.execute_activity("do", what, task_queue=queue, start_to_close_timeout=HOUR)
            self.done.append(what)
        await workflow.wait_condition(lambda: self.is_over)
        return self.done

    @workflow.query
    def state(self) -> list[str]:
        return self.done

    @workflow.signal
    def note(self, what: str) -> None:
        self.done.append(what)

    @workflow.update
    async def stop(self) -> None:
        self.is_over = True


@workflow.defn(name="Timed")
class Timed:
    """Notes when it was told something."""

    def __init__(self) -> None:
        self.told_at = ""
        self.is_over = False

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.is_over)
        return self.told_at

    @workflow.query
    def when(self) -> str:
        return self.told_at

    @workflow.signal
    def tell(self) -> None:
        self.told_at = str(workflow.now())

    @workflow.signal
    def stop(self) -> None:
        self.is_over = True


@workflow.defn(name="Timed")
class TimedUnread:
    """Another build, which has a task in hand until it may fail it."""

    may_fail: ClassVar = threading.Event()

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: False)
        return ""

    @workflow.query
    def when(self) -> str:
        return ""

    @workflow.signal
    def tell(self) -> None:
        self.may_fail.wait(20)
        raise RuntimeError("this build cannot read it")


@dataclass
class Asked:
    """Runs that were asked while they had no worker, while an activity ended; and what the queries were answered."""

    runs: list[WorkflowHandle[Any, list[str]]]
    answers: list[object]

    async def not_replayed(self, runner: WorkflowRunner) -> int:
        replayer = Replayer(workflows=[Orders], workflow_runner=runner)
        histories = [await run.fetch_history() for run in self.runs]
        results = [await replayer.replay_workflow(history, raise_on_replay_failure=False) for history in histories]
        return sum(bool(result.replay_failure) for result in results)


async def ask(client: Client, runner: WorkflowRunner, *, updates: bool = True) -> Asked:
    """Asks runs that have no worker, lets an activity of theirs end, perhaps sends updates, and then serves them."""
    queue, may_do = f"orders-{uuid4()}", asyncio.Event()

    @activity.defn(name="do")
    async def do(_what: str) -> None:
        await may_do.wait()

    def serving() -> Worker:
        return Worker(client, task_queue=queue, workflows=[Orders], workflow_runner=runner)

    async with Worker(client, task_queue=f"{queue}-do", activities=[do]):
        async with serving():
            runs = [
                await client.start_workflow(Orders.run, f"{queue}-do", id=f"{queue}-{number}", task_queue=queue)
                for number in range(RUNS)
            ]
            await all_have(runs, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        queries = [asyncio.create_task(run.query(Orders.state)) for run in runs]
        await asyncio.gather(*(run.describe() for run in runs))  # sent after the queries, answered by the same server
        may_do.set()
        await all_have(runs, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)
        orders = [asyncio.create_task(run.execute_update(Orders.stop)) for run in runs] if updates else []
        await asyncio.gather(*(run.describe() for run in runs))
        async with serving():
            answers = await asyncio.gather(*queries, return_exceptions=True)
            if not updates:
                await all_have(runs, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 2)
                orders = [asyncio.create_task(run.execute_update(Orders.stop)) for run in runs]
            await asyncio.wait(orders, timeout=20)
            await all_have(runs, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED)
    return Asked(runs, list(answers))


async def all_have(runs: Sequence[WorkflowHandle[Any, Any]], event: EventType.ValueType, so_many: int = 1) -> None:
    async def have() -> bool:
        histories = await asyncio.gather(*(run.fetch_history() for run in runs))
        return all(sum(e.event_type == event for e in history.events) >= so_many for history in histories)

    await eventually(have)


@pytest.mark.parametrize("updates", [True, False], ids=["an update comes, too", "nothing else comes"])
async def test_a_query_that_waited_for_a_worker_breaks_no_run(client: Client, updates: bool) -> None:
    runner = WholeTaskRunner(UnsandboxedWorkflowRunner(), RunsAtServer(client))
    asked = await ask(asking_again(client), runner, updates=updates)
    assert [await run.result() for run in asked.runs] == [["first", "second"]] * RUNS
    assert all(answer in (["first"], ["first", "second"]) for answer in asked.answers), asked.answers
    assert await asked.not_replayed(runner) == 0


async def test_a_query_that_came_too_early_is_told_to_ask_again(client: Client) -> None:
    plain = await Client.connect(client.service_client.config.target_host)
    asked = await ask(plain, WholeTaskRunner(UnsandboxedWorkflowRunner(), RunsAtServer(plain)))
    refused = [str(answer) for answer in asked.answers if isinstance(answer, WorkflowQueryFailedError)]
    assert set(refused) == {"NotYet: there is news of this run that it has to deal with; ask again"}


async def test_without_it_the_sdk_still_breaks_runs(client: Client) -> None:
    """Once this fails, the SDK has mended it, and the runner can go."""
    runner = UnsandboxedWorkflowRunner()
    assert await (await ask(client, runner)).not_replayed(runner) > 0


async def told_while_another_has_it_in_hand(client: Client, runner: WorkflowRunner) -> tuple[list[str], list[str]]:
    """What runs took for the time when they were told: as they went on, and as a replay has it."""
    queue = f"timed-{uuid4()}"
    TimedUnread.may_fail.clear()

    async def serving(workflow: type[Any]) -> Worker:
        # Two workers on one task queue need a client each.
        own = await Client.connect(client.service_client.config.target_host)
        return Worker(own, task_queue=queue, workflows=[workflow], workflow_runner=runner, debug_mode=True)

    async with await serving(Timed):
        ids = [f"{queue}-{number}" for number in range(RUNS)]
        runs = [await client.start_workflow(Timed.run, id=each, task_queue=queue) for each in ids]
        await all_have(runs, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
    queries = [asyncio.create_task(run.query(Timed.when)) for run in runs]
    await asyncio.gather(*(run.describe() for run in runs))  # sent after the queries, answered by the same server
    await asyncio.gather(*(run.signal(Timed.tell) for run in runs))
    async with AsyncExitStack() as stack:
        async with await serving(TimedUnread):
            await all_have(runs, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, 2)
            await stack.enter_async_context(await serving(Timed))
            await asyncio.wait(queries, timeout=1)  # those that the first worker has in hand are not answered by then
            TimedUnread.may_fail.set()
        await asyncio.gather(*(run.signal(Timed.stop) for run in runs))
        live = await asyncio.gather(*(run.result() for run in runs))
        await asyncio.gather(*queries, return_exceptions=True)
    async with await serving(Timed):
        return live, await asyncio.gather(*(run.query(Timed.when) for run in runs))


async def test_a_query_does_not_take_news_from_a_task_that_another_worker_has_in_hand(client: Client) -> None:
    runner = WholeTaskRunner(UnsandboxedWorkflowRunner(), RunsAtServer(client))
    live, replayed = await told_while_another_has_it_in_hand(asking_again(client), runner)
    assert live == replayed


async def test_a_run_that_was_terminated_answers_with_all_that_came_before(client: Client) -> None:
    runner = WholeTaskRunner(UnsandboxedWorkflowRunner(), RunsAtServer(client))
    queue = f"orders-{uuid4()}"

    def serving() -> Worker:
        return Worker(client, task_queue=queue, workflows=[Orders], workflow_runner=runner)

    async with serving():
        run = await client.start_workflow(Orders.run, "nowhere", id=queue, task_queue=queue)
        await all_have([run], EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    await run.signal(Orders.note, "unseen")
    await run.terminate()
    async with serving():
        assert await run.query(Orders.state) == ["unseen"]


async def test_the_products_worker_runs_with_it(client: Client) -> None:
    settings = WorkerSettings(esim_task_queue="idle", sft_username="demo", sft_password=SecretStr("demo-password"))
    async with sft_client(settings) as sft:
        [sales, *_] = workers(client, sft, None, settings, ceiling_of(client, settings))
    assert isinstance(sales.config()["workflow_runner"], WholeTaskRunner)
