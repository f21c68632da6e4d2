"""One of all workers looks, the others are told, and another takes its place when it stops or dies."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from temporal.shared_look import SharedLook, look_id
from tests.support.encrypting_shop import with_keys
from tests.support.encryption_keys import ring
from tests.support.seller import eventually

HOLD = 3.0


class Workers:
    """Workers of a task queue that nobody else has, what there is to find, and how often each looked for it."""

    def __init__(self, client: Client, number: int, hold_seconds: float = 60) -> None:
        self.queue = f"queue-{time.time_ns()}"
        self.there = {"waiting": 1}
        self.looks = Counter[int]()
        self.shares = [SharedLook(client, self.queue, self._look_of(n), hold_seconds) for n in range(number)]

    def _look_of(self, number: int) -> Callable[[], Awaitable[dict[str, Any]]]:
        async def look() -> dict[str, Any]:
            self.looks[number] += 1
            return dict(self.there)

        return look

    async def found(self) -> list[dict[str, Any] | None]:
        return [await share.found() for share in self.shares]


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_of_many_workers_one_looks_and_the_others_are_told_the_same(client: Client, is_encrypted: bool) -> None:
    workers = Workers(with_keys(client, ring(1)) if is_encrypted else client, 5)
    for _ in range(3):
        assert await workers.found() == [{"waiting": 1}] * 5
    workers.there = {"waiting": 2}
    assert await workers.found() == [{"waiting": 2}] * 5
    assert workers.looks == {0: 4}


async def test_a_look_that_finds_the_same_starts_nothing(client: Client) -> None:
    workers = Workers(client, 2)
    await workers.found()
    before = (await client.get_workflow_handle(look_id(workers.queue)).describe()).run_id
    for _ in range(3):
        await workers.found()
    assert (await client.get_workflow_handle(look_id(workers.queue)).describe()).run_id == before


async def test_the_next_worker_looks_as_soon_as_the_one_before_has_left(client: Client) -> None:
    workers = Workers(client, 3)
    await workers.found()
    await workers.shares.pop(0).leave()
    for share in workers.shares:
        await share.leave()  # these were not looking: nothing is taken from whoever does
    assert await workers.found() == [{"waiting": 1}] * 2
    assert workers.looks == {0: 1, 1: 1}


async def test_the_place_of_a_worker_that_died_is_taken_and_it_does_not_come_back_to_it(client: Client) -> None:
    workers = Workers(client, 2, HOLD)
    await workers.found()
    hung = workers.shares.pop(0)

    async def taken() -> bool:
        return await workers.found() == [{"waiting": 1}] and workers.looks[1] > 0

    await eventually(taken)
    assert await hung.found() == {"waiting": 1}
    assert workers.looks[0] == 1


async def test_the_look_is_kept_for_as_long_as_the_worker_lives(client: Client) -> None:
    workers = Workers(client, 2, HOLD)
    ends = time.monotonic() + 2 * HOLD

    async def over() -> bool:
        await workers.found()
        return time.monotonic() > ends

    await eventually(over)
    assert set(workers.looks) == {0}
    run = await client.get_workflow_handle(look_id(workers.queue)).describe()
    assert run.status == WorkflowExecutionStatus.RUNNING
    assert run.history_length <= 2  # no worker works on it


async def test_a_worker_with_other_keys_is_told_nothing_and_looks_at_nothing(client: Client) -> None:
    workers = Workers(with_keys(client, ring(1)), 1)
    await workers.found()
    stranger = SharedLook(with_keys(client, ring(2)), workers.queue, workers._look_of(1))
    assert await stranger.found() is None
    assert workers.looks == {0: 1}
