"""Looks at purchases that several browsers follow: one for all who look at the same purchase at about the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from seller.sales import Sale

KEPT_SECONDS: Final = 5.0


class SharedLooks:
    """``look`` asks Temporal how a purchase stands."""

    def __init__(self, look: Callable[[str], Awaitable[Sale]]) -> None:
        self._look = look
        self._looks: dict[str, asyncio.Task[Sale]] = {}
        self._ended: dict[str, float] = {}

    async def at(self, purchase_id: str, seconds: float) -> Sale:
        """How a purchase stands, or stood at most so many seconds ago, KEPT_SECONDS at most. Raises what the look
        raises. Who goes away does not take it from the others."""
        if time.monotonic() - self._ended.get(purchase_id, time.monotonic()) > seconds:
            self._drop(purchase_id)
        if purchase_id not in self._looks:
            self._begin(purchase_id)
        return await asyncio.shield(self._looks[purchase_id])

    def _begin(self, purchase_id: str) -> None:
        async def look() -> Sale:
            return await self._look(purchase_id)

        def end(ended: asyncio.Task[Sale]) -> None:
            if not ended.cancelled():
                ended.exception()  # also where everybody who asked has gone away
            self._ended[purchase_id] = time.monotonic()
            asyncio.get_running_loop().call_later(KEPT_SECONDS, self._drop, purchase_id, ended)

        self._looks[purchase_id] = asyncio.create_task(look())
        self._looks[purchase_id].add_done_callback(end)

    def _drop(self, purchase_id: str, only: asyncio.Task[Sale] | None = None) -> None:
        if only is None or self._looks.get(purchase_id) is only:
            self._looks.pop(purchase_id, None)
            self._ended.pop(purchase_id, None)
