"""Runs of subscriptions that begin anew: by the build, under the keys and with the history that the next ones have."""

import asyncio
import time
from datetime import datetime
from typing import Final

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contract.message import Message
from seller.errors import not_found
from seller.server_client import ServerClient
from seller.updates import subscription_run

LOOK_SECONDS: Final = 0.25
"""Between two looks whether the next run has begun."""


class CurrentRun(Message):
    """The run of a subscription that goes on. ``began`` is in UTC."""

    subscription_id: str
    run_id: str
    began: datetime


class Renewals(ServerClient):
    """Has subscriptions begin a new run, with all that they know, as soon as nothing is under way in the one they have.

    Its methods raise a SellerError, ``NotFound``, if there is no subscription of this name that goes on; and NoAnswer
    and RPCError, too: see ServerClient.
    """

    async def current(self, name: str) -> CurrentRun:
        """The run that goes on now."""
        run = subscription_run(self._client, name)
        try:
            described = await self._server.answers(run.describe())
        except RPCError as error:
            raise _why(error, run.id) from None
        if described.status != WorkflowExecutionStatus.RUNNING:
            raise not_found(f"subscription {run.id} that goes on")
        return CurrentRun(subscription_id=run.id, run_id=described.run_id or "", began=described.start_time)

    async def renew_within(self, name: str, seconds: float) -> CurrentRun | None:
        """Has the next run begin, and returns it; None if the one that there is goes on after so many seconds: it ends
        by itself once what is under way is done."""
        before = await self.current(name)
        run = subscription_run(self._client, name)
        try:
            await self._server.answers(run.signal("renew"))
        except RPCError as error:
            raise _why(error, run.id) from None
        ends = time.monotonic() + seconds
        while (now := await self.current(name)).run_id == before.run_id:
            if time.monotonic() >= ends:
                return None
            await asyncio.sleep(LOOK_SECONDS)
        return now


def _why(error: RPCError, run_id: str) -> Exception:
    return not_found(f"subscription {run_id} that goes on") if error.status == RPCStatusCode.NOT_FOUND else error
