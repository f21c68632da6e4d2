import asyncio

import pytest

from tools.bench.load import load
from tools.bench.rounds import alternately, medians, percentile


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 1), (0.05, 1), (0.5, 10), (0.95, 19), (0.951, 20), (1, 20)], ids=str
)
def test_a_percentile_is_the_smallest_value_that_this_share_does_not_exceed(share: float, expected: int) -> None:
    assert percentile([*range(20, 0, -1)], share) == expected


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.95) == 7


async def test_sides_take_turns_and_who_was_first_is_last_in_the_next_round() -> None:
    turns: list[str] = []

    async def measure(name: str) -> int:
        turns.append(name)
        return len(turns)

    found = await alternately(3, lambda: measure("ours"), lambda: measure("floor"))
    assert turns == ["ours", "floor", "floor", "ours", "ours", "floor"]
    assert found == [[1, 4, 5], [2, 3, 6]]


async def test_one_slow_round_does_not_count() -> None:
    values = iter([1.0, 100.0, 2.0])

    async def measure() -> float:
        return next(values)

    assert await medians(3, measure) == [2.0]


async def test_so_many_are_in_flight_and_never_more() -> None:
    together = asyncio.Barrier(3)
    in_flight, most = 0, 0

    async def work() -> int:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await together.wait()
        in_flight -= 1
        return 1

    done = await load(work, count=6, in_flight=3)
    assert (most, sum(done.results), len(done.latencies)) == (3, 6, 6)
