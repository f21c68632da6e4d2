"""Waiting for something that takes its time: not for ever, and looking meanwhile how far it has come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 1.0

Result = TypeVar("Result")


async def within(seconds: float, call: Awaitable[Result]) -> Result:
    """The result; TimeoutError if it is not there in time, also where being cancelled makes the call raise another."""
    waiting = asyncio.ensure_future(call)
    try:
        if not (await asyncio.wait([waiting], timeout=seconds))[0]:
            raise TimeoutError
        return waiting.result()
    finally:
        await _abandon(waiting)


async def watched(call: Awaitable[Result], look: Callable[[], Awaitable[None]]) -> Result:
    """The result, with a look every now and then until it is there. Raises what either of them raises."""
    waiting = asyncio.ensure_future(call)
    pause = FIRST_PAUSE_SECONDS
    try:
        while not (await asyncio.wait([waiting], timeout=pause))[0]:
            pause = min(pause * 1.2, LONGEST_PAUSE_SECONDS)
            try:
                await look()
            except Exception:
                if not waiting.done():
                    raise
        return waiting.result()
    finally:
        await _abandon(waiting)


async def _abandon(waiting: asyncio.Future[Result]) -> None:
    waiting.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await waiting
