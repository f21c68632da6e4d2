"""The gate before SFT's login that all workers share: after a refusal, one of them tries again, and rarely.

The gate is a lease (temporal/lease.py). A run that holds it is a login that is under way or, where its memo has a code,
a refusal and the pause after it. It ends by its time limit, or is terminated by whoever logged in. That is one start a
login, and none a sale.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import TemporalError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from sft.errors import NotSent
from sft.login_gate import Refusal
from temporal.lease import Lease, memo_of

WORKFLOW: Final = "SftLogin"

PATIENCE_SECONDS: Final = 60.0
"""How long the logins of other workers are waited for."""

LOOK_SECONDS: Final = 0.25
MARGIN_SECONDS: Final = 5.0
"""How much longer than a login may take its run holds the gate: the worker may have died with it."""

logger = logging.getLogger("worker")


def gate_id(account: str) -> str:
    """The workflow id of the gate of these credentials."""
    return f"sft-login-{account}"


class TemporalLoginGate:
    """A LoginGate (sft/login_gate.py) that the clients of all processes at one Temporal namespace share."""

    def __init__(self, client: Client, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._patience_seconds = patience_seconds
        self._run_id: str | None = None
        self._times = 0

    async def enter(self, account: str, seconds: float) -> Refusal | int:
        """See LoginGate. A login that another process tries meanwhile is waited for."""
        deadline = time.monotonic() + self._patience_seconds
        try:
            while True:
                standing = await self._standing(account)
                if isinstance(standing, Refusal):
                    return standing
                if standing is not None and await self._begin(account, standing, seconds + MARGIN_SECONDS):
                    return standing
                if time.monotonic() > deadline:
                    raise NotSent("login", "other workers are logging in, and have not ended yet")
                await asyncio.sleep(LOOK_SECONDS)
        except (RPCError, TemporalError) as error:
            raise NotSent("login", f"Temporal does not say whether a login may be tried ({error})") from None

    async def leave(self, account: str, refusal: Refusal | None, *, accepted: bool) -> None:
        """See LoginGate. What cannot be said holds the gate until the login's time is over."""
        try:
            if refusal:
                memo = {"code": refusal.code, "times": refusal.times, "seconds": refusal.seconds}
                summary = f"SFT refused the login (code {refusal.code}): nobody tries again before this run is over"
                await self._replace(account, memo, refusal.seconds, summary)
            elif self._times and not accepted:
                await self._replace(account, {"times": self._times}, 0, "The login was not answered")
            else:
                await self._gate(account).end(self._run_id, "logged in" if accepted else "the login was not answered")
        except (RPCError, TemporalError) as error:
            logger.warning("Other workers are not told how a login at SFT ended: %s", error)

    async def _standing(self, account: str) -> Refusal | int | None:
        """The refusal that keeps everybody out; None while somebody logs in; else how many were refused in a row."""
        run = await self._gate(account).last()
        if run is None:
            return 0
        memo = await memo_of(run)
        if run.status == WorkflowExecutionStatus.RUNNING:
            return _refusal(memo, run.start_time) if "code" in memo else None
        ended_by_itself = run.status == WorkflowExecutionStatus.TIMED_OUT
        return int(memo.get("times", 0)) if ended_by_itself else 0  # terminated: SFT took the credentials

    async def _begin(self, account: str, times: int, seconds: float) -> bool:
        """Whether it is this process whose turn it is."""
        try:
            await self._start(account, {"times": times}, seconds, "A worker logs in", WorkflowIDConflictPolicy.FAIL)
        except WorkflowAlreadyStartedError:
            return False
        self._times = times
        return True

    async def _replace(self, account: str, memo: dict[str, Any], seconds: float, summary: str) -> None:
        """In one step: nobody is let through in between."""
        await self._start(account, memo, seconds, summary, WorkflowIDConflictPolicy.TERMINATE_EXISTING)

    async def _start(
        self, account: str, memo: dict[str, Any], seconds: float, summary: str, conflict: WorkflowIDConflictPolicy
    ) -> None:
        self._run_id = await self._gate(account).begin(memo, seconds, summary, conflict)

    def _gate(self, account: str) -> Lease:
        return Lease(self._client, WORKFLOW, gate_id(account))


def _refusal(memo: dict[str, Any], since: datetime) -> Refusal:
    pause = float(memo["seconds"])
    left = pause - (datetime.now(UTC) - since).total_seconds()
    return Refusal(str(memo["code"]), int(memo["times"]), min(pause, max(1.0, left)))
