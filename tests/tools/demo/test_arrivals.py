import asyncio

import pytest

from cli.problem import Problem
from tests.support.seller import eventually
from tools.demo import arrivals
from tools.demo.arrivals import Arrivals


async def test_the_first_one_that_fits_is_waited_for() -> None:
    things = Arrivals[str]("The letter box")
    waiting = asyncio.create_task(things.first(lambda thing: thing.startswith("b")))
    await things.add("a")
    assert not waiting.done()
    await things.add("b1")
    await things.add("b2")
    assert await waiting == "b1"
    assert await things.first(lambda thing: thing == "a") == "a"


async def test_what_never_comes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "ARRIVAL_SECONDS", 0.1)
    with pytest.raises(Problem, match=r"^The letter box waited 0\.1 s for something that never came"):
        await Arrivals[str]("The letter box").first(bool)


async def test_following_shows_what_arrives_from_then_on() -> None:
    things, shown = Arrivals[str]("The letter box"), list[str]()
    await things.add("before")
    following = asyncio.create_task(things.follow(shown.append))
    await asyncio.sleep(0)  # it has begun
    await things.add("one")
    await things.add("two")

    async def both() -> bool:
        return shown == ["one", "two"]

    await eventually(both)
    following.cancel()
