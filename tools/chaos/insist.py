"""Asking a Temporal server that is killed now and then, until it answers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")

FINAL: Final = {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.ALREADY_EXISTS}
"""Answers of a server that is there. After any other error, the call is made again."""

AT_ONCE: Final = 8
"""Questions to the server at the same time."""

PAUSE_SECONDS: Final = 0.5


async def insist(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """What the server answers, as soon as there is one that does. Raises RPCError if that is final."""
    while True:
        try:
            return await call()
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            if isinstance(error, RPCError) and error.status in FINAL and not _is_starting(error):
                raise
            if (asking := asyncio.current_task()) and asking.cancelling():
                raise asyncio.CancelledError from None  # the SDK makes other errors of it
            await asyncio.sleep(PAUSE_SECONDS)


def _is_starting(error: RPCError) -> bool:
    """Whether a server says so that was started just now, and has not yet read which namespaces it has."""
    return error.status == RPCStatusCode.NOT_FOUND and error.message.startswith("Namespace ")


async def each(
    ask: Callable[[Subject], Awaitable[Answer]], subjects: Iterable[Subject], at_once: int = AT_ONCE
) -> list[Answer]:
    """The answers about all of them, in order, of which a few are asked for at a time."""
    few = asyncio.Semaphore(at_once)

    async def one(subject: Subject) -> Answer:
        async with few:
            return await ask(subject)

    return await asyncio.gather(*(one(subject) for subject in subjects))
