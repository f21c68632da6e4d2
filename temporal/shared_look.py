"""Has one of all workers look at what concerns all of them, and tell the others what it found.

Visibility is what a namespace has least of: Temporal Cloud answers 30 such requests a second, however many workers
there are. Who looks holds a lease (temporal/lease.py), whose memo has what was found.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import TemporalError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from temporal.lease import Lease, memo_of

WORKFLOW: Final = "WorkersLook"

HOLD_SECONDS: Final = 300.0
"""For so long a worker holds it without saying so again, and so long it takes at most until another takes the place of
one that died."""

RENEWED_AFTER: Final = 0.8
"""The part of that after which it says so again: about one billed action every four minutes, and one run."""

LAST_SECONDS: Final = 2.0
"""How long a worker that stops tries to leave the look to the others."""


def look_id(task_queue: str) -> str:
    """The workflow id of the lease of those who look for this task queue."""
    return f"workers-look-{task_queue}"


class SharedLook:
    """The part of one worker in it. ``look`` finds what can be written as JSON; it is called where it is its turn."""

    def __init__(
        self,
        client: Client,
        task_queue: str,
        look: Callable[[], Awaitable[dict[str, Any]]],
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self._lease = Lease(client, WORKFLOW, look_id(task_queue))
        self._look = look
        self._hold_seconds = hold_seconds
        self._run_id: str | None = None
        self._told: dict[str, Any] | None = None
        self._renew_at = 0.0

    async def found(self) -> dict[str, Any] | None:
        """What is found now, by this worker or by the one whose turn it is.

        None if that one has not told yet, or told it under a key that is not here.

        Raises:
            RPCError: if the server does not answer, or refuses.
        """
        run = await self._lease.last()
        if run is None or run.status != WorkflowExecutionStatus.RUNNING:
            try:
                await self._hold({}, WorkflowIDConflictPolicy.FAIL)
            except WorkflowAlreadyStartedError:
                return None  # another was quicker
        elif run.run_id != self._run_id:
            told: dict[str, Any] | None = (await memo_of(run)).get("found")
            return told
        found = await self._look()
        if found != self._told or time.monotonic() > self._renew_at:
            await self._hold({"found": found}, WorkflowIDConflictPolicy.TERMINATE_EXISTING)
            self._told = found
        return found

    async def leave(self) -> None:
        """Leaves the look to the others, at once, if it was this worker's. It never raises."""
        if self._run_id:
            with suppress(RPCError, TemporalError, TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self._lease.end(self._run_id, "the worker stops")

    async def _hold(self, memo: dict[str, Any], conflict: WorkflowIDConflictPolicy) -> None:
        self._run_id = await self._lease.begin(
            memo, self._hold_seconds, "A worker looks for what waits for people, for all workers", conflict
        )
        self._told = None
        self._renew_at = time.monotonic() + RENEWED_AFTER * self._hold_seconds
