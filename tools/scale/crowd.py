"""Many eSIMs alive on a real server, in real time: begun, looked at when that is due, and what that takes."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from temporalio.client import Client, WorkflowHandle

from contract.addon import Usage
from tools.bench.requests import requests_of
from tools.bench.sft import PLAN
from tools.scale.sold import begin, sold
from tools.scale.stage import TASK_QUEUE, Stage
from tools.scale.units import Cost
from tools.simulator.plan import plan_named

AT_ONCE: Final = 50
MOST_BEHIND: Final = 200
"""Subscriptions that were begun and not served yet: more would make the server's queues long, and no work quicker."""

FAILED: Final = "RespondActivityTaskFailed"
"""What each attempt ends with that waits, or finds what is known."""

LOOK_SECONDS: Final = 1.0
"""Between looks at how far the worker is: each takes it some milliseconds."""
SAMPLE: Final = 20
GRANTED: Final = plan_named(PLAN).granted_bytes

Run = WorkflowHandle[object, object]


class Counted(NamedTuple):
    """Of some runs, as the server sees them: the sums."""

    transitions: int
    events: int


class Spent(NamedTuple):
    """CPU seconds of each process in a time."""

    seconds: float
    cpu: dict[str, float]


@dataclass
class Crowd:
    """Begins subscriptions, waits for what is due, and measures what that takes."""

    stage: Stage
    client: Client
    esims: Iterator[tuple[str, str]]
    runs: list[Run] = field(default_factory=list)
    idle: dict[str, float] = field(default_factory=dict)
    """CPU seconds a second of each process with all alive and nothing to do."""

    async def attempts(self) -> int:
        """Attempts of activities that have failed by now, which is what waiting and finding nothing new is."""
        return (await requests_of(self.stage.address))[FAILED]

    async def begin(self, dues: Iterable[datetime], deadline: float) -> list[Run]:
        """Begins one for each moment at which its look is due, until the deadline of the monotonic clock; once all of
        them wait for it."""
        before, begun = await self.attempts(), list[Run]()
        served, left = 0, iter(dues)

        async def one_after_the_other() -> None:
            for due in left:
                while len(begun) - served > MOST_BEHIND:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS / 10)
                if time.monotonic() > deadline:
                    return
                endpoint_id, unique_id = next(self.esims)
                state = sold(endpoint_id, unique_id, PLAN, due, _waiting())
                begun.append(await begin(self.client, TASK_QUEUE, state))

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one_after_the_other()) for _ in range(AT_ONCE)]
            while not all(task.done() for task in tasks) or served < len(begun):
                await asyncio.sleep(LOOK_SECONDS)
                served = await self.attempts() - before
        self.runs += begun
        return begun

    async def rest(self, seconds: float) -> None:
        """Measures what they take that do nothing."""
        with self.spending() as spent:
            await asyncio.sleep(seconds)
        self.idle = {name: cpu / spent[0].seconds for name, cpu in spent[0].cpu.items()}

    @contextmanager
    def spending(self) -> Iterator[list[Spent]]:
        """What is computed in the block is in the list after it."""
        found: list[Spent] = []
        before, began = self.stage.cpu(), time.monotonic()
        yield found
        cpu = {name: after - before[name] for name, after in self.stage.cpu().items()}
        found.append(Spent(time.monotonic() - began, cpu))

    async def cost(self, runs: Sequence[Run], work: Callable[[], Awaitable[int]]) -> Cost:
        """What the work costs for each of as many pieces as it says; ``runs`` are those that it is done to, or a sample
        of them. What idling takes is left out."""
        before = await counted(runs)
        with self.spending() as spent:
            count = await work()
        after = await counted(runs)
        (seconds, cpu), each = spent[0], max(1, len(runs))
        ms = {name: 1000 * max(0.0, one - self.idle.get(name, 0) * seconds) / count for name, one in cpu.items()}
        return Cost(
            count=count,
            per_second=count / seconds,
            worker_ms=ms["worker"],
            server_ms=ms["temporal"],
            sft_ms=ms["simulator"],
            transitions=(after.transitions - before.transitions) / each,
            events=(after.events - before.events) / each,
        )

    async def looked(self, count: int, attempts: int) -> int:
        """Waits until so many attempts were made in all, which is after ``count`` looks of which each found nothing new
        or waits for the next."""
        while await self.attempts() < attempts:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        return count


async def counted(runs: Sequence[Run]) -> Counted:
    """Of these runs, one after the other."""
    found = [(await run.describe()).raw_description.workflow_execution_info for run in runs]
    return Counted(sum(one.state_transition_count for one in found), sum(one.history_length for one in found))


def dues(first: datetime, per_second: float, count: int) -> list[datetime]:
    """Moments, one just after the other."""
    return [first + timedelta(seconds=number / per_second) for number in range(count)]


def sample(runs: Sequence[Run]) -> list[Run]:
    """Some of them, from all over."""
    return list(itertools.islice(runs, 0, None, max(1, len(runs) // SAMPLE)))


def _waiting() -> Usage:
    return Usage(
        granted_bytes=GRANTED,
        remaining_bytes=GRANTED,
        state="waiting_for_first_use",
        starts_at=None,
        expires_at=None,
        as_of=datetime.now(UTC),
    )
