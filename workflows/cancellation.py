"""Work that a cancellation of the run must not cut in two.

A cancellation comes as a CancelledError out of whatever the run waits for. The server asks a run to cancel once; that
nothing here depends on it costs nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

Result = TypeVar("Result")


async def finish_before_cancel(write: Coroutine[None, None, Result]) -> Result:
    """Waits for a write to end even if the run is cancelled meanwhile, and lets the cancellation through then.

    Giving up on the wait would not take the request back: what it did has to be known before it can be undone. So
    whatever has to be remembered of the outcome is remembered inside ``write``.
    """
    task = asyncio.create_task(write)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _until_done(task)
        raise


async def even_if_cancelled(work: Coroutine[None, None, Result]) -> Result:
    """Does what has to be done whether or not, and however often, the run is cancelled: the end of a sale, cleaning up.

    Returns what ``work`` returns, and raises what it raises.
    """
    task = asyncio.create_task(work)
    await _until_done(task)
    return task.result()


@contextmanager
def afterwards(remember: Callable[[], None]) -> Iterator[None]:
    """Remembers what became of the block, however it ends: as ``finally`` would, but only while the run goes on.

    A worker that stops drops its runs as they are, and the garbage collector ends what they wait for, in any thread: by
    GeneratorExit, in which no workflow code may ask for the time.
    """
    try:
        yield
    except GeneratorExit:
        raise
    except BaseException:
        remember()
        raise
    remember()


async def _until_done(task: asyncio.Task[Result]) -> None:
    while not task.done():
        with suppress(asyncio.CancelledError, Exception):  # the caller sees to what it ended with
            await asyncio.shield(task)
    if not task.cancelled():
        task.exception()  # asyncio complains about an exception that nobody took
