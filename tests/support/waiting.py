"""Waiting for what the simulator does, which has no event of its own to wait for."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as the condition holds. Raises TimeoutError if it does not within that time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
