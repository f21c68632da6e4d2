"""Turns and statistics: sides are measured alternately, so that a machine that changes its speed favours none."""

from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from typing import TypeVar

Measured = TypeVar("Measured")
Measure = Callable[[], Awaitable[Measured]]


async def alternately(rounds: int, *sides: Measure[Measured]) -> list[list[Measured]]:
    """What each side measured in each of its rounds. Whoever was first in one round is last in the next."""
    found: list[list[Measured]] = [[] for _ in sides]
    order = list(range(len(sides)))
    for _ in range(rounds):
        for side in order:
            found[side].append(await sides[side]())
        order.reverse()
    return found


async def medians(rounds: int, *sides: Measure[float]) -> list[float]:
    """The median of each side's rounds."""
    return [median(side) for side in await alternately(rounds, *sides)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by that share of all, from 0 to 1 (nearest rank)."""
    ordered = sorted(values)
    rank = -(-share * len(ordered) // 1)
    return ordered[max(0, int(rank) - 1)]
