"""What a cancellation must not cut in two."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from temporalio import workflow

Result = TypeVar("Result")


async def finished(write: Coroutine[None, None, Result]) -> Result:
    """Waits for a write to end even if the run is cancelled meanwhile, and lets the cancellation through then.

    Giving up on the wait would not take the request back: what it did has to be known before it can be undone.
    """
    task = asyncio.create_task(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await workflow.wait([task])
        task.exception()  # whoever wrote it down has done so; asyncio wants to see it taken
        raise


async def even_if_cancelled(work: Coroutine[None, None, Result]) -> Result:
    """Does what has to be done whether or not the run is cancelled: the end of a sale, or cleaning up."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task
