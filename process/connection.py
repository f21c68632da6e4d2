"""HTTP connections that nobody can hold for nothing: whoever is silent, slow or one too many is cut off and counted."""

import asyncio
import logging
import resource
from collections import Counter
from typing import Final, Literal

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

Why = Literal["head", "body", "answer", "crowd", "unreadable"]
"""Why a connection was cut off: no whole head of a request came, no whole body, nobody took the answer, there were more
than can be held, or what came was not HTTP."""

SECONDS: Final[dict[Why, float]] = {"head": 10, "body": 30, "answer": 60}
"""How long each may take. uvicorn itself limits only the time from an answer to the next request."""

LOOK_SECONDS: Final = 1.0
LINE_SECONDS: Final = 10.0
"""How often a line in the log tells of those that were cut off, however many they are."""

MOST_CONNECTIONS: Final = 1000

WORDS: Final[dict[Why, str]] = {
    "head": "sent no whole head of a request in time",
    "body": "sent no whole body in time",
    "answer": "did not take the answer in time",
    "crowd": "did nothing while there were too many",
    "unreadable": "did not speak HTTP",
}

logger = logging.getLogger("http")


class CutOff:
    """How many connections of this process were cut off, and a line in the log for all of the last seconds."""

    def __init__(self) -> None:
        self.counts: Counter[Why] = Counter()
        self._untold: Counter[Why] = Counter()

    def note(self, why: Why) -> None:
        """Counts one."""
        if not self._untold:
            asyncio.get_running_loop().call_later(LINE_SECONDS, self._tell)
        self.counts[why] += 1
        self._untold[why] += 1

    def _tell(self) -> None:
        told = "; ".join(f"{number} {WORDS[why]}" for why, number in sorted(self._untold.items()))
        logger.warning("Connections cut off: %s", told)
        self._untold.clear()


CUT_OFF: Final = CutOff()


class Connection(H11Protocol):
    """uvicorn's own HTTP/1.1 protocol, with an end to everything that a caller can draw out."""

    _waits: tuple[Why, RequestResponseCycle | None] | None = None
    """For what, and after which request: None while it is our turn."""
    _since = 0.0
    _next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._look()
        if len(self.connections) > most_connections():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        if self._next_look:
            self._next_look.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for what is not HTTP, after a line in a log of its own for each that we keep off."""
        CUT_OFF.note("unreadable")
        super().send_400_response(msg)

    def _look(self) -> None:
        waits = self._waits_for()
        if waits != self._waits:
            self._waits, self._since = waits, self.loop.time()
        if waits and self.loop.time() - self._since >= SECONDS[waits[0]]:
            self._cut_off(waits[0])
        else:
            self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)

    def _waits_for(self) -> tuple[Why, RequestResponseCycle | None] | None:
        # Closing, asyncio still waits for what is written to be taken, however long that lasts.
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            return "answer", None
        if self._is_between_requests():
            return None if self.timeout_keep_alive_task else ("head", self.cycle)
        return ("body", self.cycle) if self.cycle.more_body else None

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_idle(self) -> bool:
        return self._is_between_requests() or self._waits_for() is not None

    def _make_room(self) -> None:
        """Ends the connection that has done nothing for longest: those that are busy are not for others to end."""
        idle = [other for other in self.connections if isinstance(other, Connection) and other._is_idle()]
        min(idle, key=lambda other: other._since)._cut_off("crowd")

    def _cut_off(self, why: Why) -> None:
        CUT_OFF.note(why)
        self.connections.discard(self)
        self.transport.abort()


def most_connections() -> int:
    """As many as leave half of the files that this process may open to everything else that it does."""
    return min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
