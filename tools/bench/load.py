"""Load: so many pieces of work, so many of them at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Done = TypeVar("Done")


@dataclass(frozen=True)
class Load(Generic[Done]):
    """How long a load took, and what each piece of it came to."""

    seconds: float
    results: list[Done]
    latencies: list[float]
    """Of each piece, in seconds."""

    @property
    def per_second(self) -> float:
        """How many were done a second."""
        return len(self.results) / self.seconds


async def load(work: Callable[[], Awaitable[Done]], count: int, in_flight: int) -> Load[Done]:
    """Does the work ``count`` times; as soon as one piece is done, the next begins."""
    results: list[Done] = []
    latencies: list[float] = []
    left = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in left:
            began = time.perf_counter()
            results.append(await work())
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(min(in_flight, count)):
            group.create_task(one_after_the_other())
    return Load(time.perf_counter() - began, results, latencies)
