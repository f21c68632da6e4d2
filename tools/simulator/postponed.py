"""Work that becomes visible only after further calls: late, however fast or slow the caller's clock is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Work:
    endpoint_id: str | None
    calls: int
    do: Callable[[], object]


class Postponed:
    """Work that waits for so many calls about an endpoint to be over; for calls about none where that is None."""

    def __init__(self) -> None:
        self._waiting: list[_Work] = []

    def add(self, endpoint_id: str | None, calls: int, do: Callable[[], object]) -> None:
        """Do this as soon as ``calls`` more calls are over, counting the one that is under way."""
        self._waiting.append(_Work(endpoint_id, calls, do))

    def call_over(self, endpoint_id: str | None) -> None:
        """A call about this endpoint is over: do what waited for it."""
        for work in [work for work in self._waiting if work.endpoint_id == endpoint_id]:
            work.calls -= 1
            if work.calls == 0:
                self._waiting.remove(work)
                work.do()

    def clear(self) -> None:
        """Forget everything that still waits."""
        self._waiting.clear()
