"""The signals that stop a demo: Ctrl-C, SIGTERM, or a terminal that was closed."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cli.problem import Problem

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Problem):
    """Somebody asked for the end. The exit code is that of the first signal, as shells have it."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__("Interrupted", f"Stopped by {number.name}; nothing is left running", 128 + number)


class Interruption:
    """The first of SIGNALS that came, if there was one. Those that follow change nothing: stopping is under way."""

    def __init__(self) -> None:
        self._first: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        """Raises Interrupted once there is a signal."""
        raise Interrupted(await asyncio.shield(self._first))

    def note(self, number: signal.Signals) -> None:
        """A signal has come."""
        if not self._first.done():
            self._first.set_result(number)


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Takes those signals for as long as the block lasts."""
    interruption = Interruption()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, interruption.note, number)
    try:
        yield interruption
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
