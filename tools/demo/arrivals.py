"""Things that arrive one after the other, such as mails, and can be waited for."""

import asyncio
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from cli.problem import Problem

ARRIVAL_SECONDS: Final = 30.0

Thing = TypeVar("Thing")


class Arrivals(Generic[Thing]):
    """Everything that has arrived at one place, kept in order."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._things: list[Thing] = []
        self._news = asyncio.Condition()

    @property
    def all(self) -> list[Thing]:
        """What has arrived so far."""
        return list(self._things)

    async def add(self, thing: Thing) -> None:
        """One more has arrived."""
        async with self._news:
            self._things.append(thing)
            self._news.notify_all()

    async def first(self, fits: Callable[[Thing], bool]) -> Thing:
        """The first one that fits; raises a Problem of type ``DemoFailed`` if none arrives within ARRIVAL_SECONDS."""
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS), self._news:
                await self._news.wait_for(lambda: any(map(fits, self._things)))
        except TimeoutError:
            what = f"{self._place} waited {ARRIVAL_SECONDS:g} s for something that never came; worker.log may say why"
            raise Problem("DemoFailed", what) from None
        return next(filter(fits, self._things))

    async def follow(self, show: Callable[[Thing], None]) -> None:
        """Shows each one that arrives from now on, without an end."""
        shown = len(self._things)
        while True:
            async with self._news:
                await self._news.wait_for(lambda shown=shown: len(self._things) > shown)  # type: ignore[misc]
            show(self._things[shown])
            shown += 1
