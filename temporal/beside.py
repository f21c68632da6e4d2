"""Work that goes on beside other work, for as long as that lasts."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(work: Coroutine[None, None, object]) -> AsyncIterator[None]:
    """Has this done beside whatever the block does: what is not done when the block ends is cancelled, and awaited."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
