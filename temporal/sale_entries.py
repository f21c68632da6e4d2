"""The record of sales as Temporal knows it: what subscriptions remember, and first purchases that failed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar, get_args

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from contract.addon import Addon
from contract.failure import CANCELLED, FailureType
from contract.message import Message
from contract.sale_entry import PurchasesFrom, SaleEntry, entries_of
from contract.subscription import Subscription
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE
from temporal.asking_again import asking_again
from temporal.encryption.sealed import Undecipherable
from temporal.run_input import NotOurs, read_claim, read_purchase
from temporal.visibility import on_task_queue

AT_ONCE: Final = 20
"""Runs that are asked at the same time."""

ANSWER: Final = timedelta(seconds=10)
"""How long one answer of the server, or of a worker, is waited for."""

ENDED: Final = "ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut')"

UNSAID: Final = (RPCError, WorkflowQueryFailedError, Undecipherable, ValueError)
"""What asking a run raises that cannot be asked now."""

Found = TypeVar("Found")

Run = WorkflowHandle[object, object]


class UnreadRun(Message):
    """A run that could not be asked: what it would have told is missing, and is told once it can."""

    workflow_id: str
    reason: str


class SaleEntries:
    """Reads all runs of one task queue. ``take`` gets what was found, some runs at a time, in no order; ``unread`` are
    the runs that could not be asked."""

    def __init__(self, client: Client, task_queue: str, take: Callable[[list[SaleEntry]], None]) -> None:
        self._client = asking_again(client)
        self._take = take
        self._task_queue = task_queue
        self._of_queue = on_task_queue(task_queue)
        self.unread: list[UnreadRun] = []

    async def read(self, since: datetime | None = None) -> None:
        """Reads what Temporal knows; runs that had ended before ``since`` are left out.

        A purchase that is decided meanwhile may be missing; the next reading has it. It costs a query for each eSIM.

        Raises:
            RPCError: if the server does not list runs.
        """
        ended = f" AND CloseTime >= '{since.isoformat()}'" if since else ""
        lives = f"ExecutionStatus = 'Running' OR (ExecutionStatus IN ('Completed', 'Terminated', 'TimedOut'){ended})"
        await self._read(f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {self._of_queue} AND ({lives})", self._sold)
        await self._read(f"WorkflowType = '{PROVISION_TYPE}' AND {self._of_queue} AND {ENDED}{ended}", self._failed)

    async def _read(self, query: str, look: Callable[[WorkflowExecution], Awaitable[list[SaleEntry]]]) -> None:
        async for runs in _some(self._client.list_workflows(query, rpc_timeout=ANSWER)):
            for found in await asyncio.gather(*(self._asked(run, look) for run in runs)):
                self._take(found)

    async def _asked(
        self, run: WorkflowExecution, look: Callable[[WorkflowExecution], Awaitable[list[SaleEntry]]]
    ) -> list[SaleEntry]:
        try:
            return await look(run)
        except NotOurs:
            return []
        except UNSAID as error:
            if not (isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND):  # just forgotten
                self.unread.append(UnreadRun(workflow_id=run.id, reason=str(error)))
            return []

    async def _sold(self, run: WorkflowExecution) -> list[SaleEntry]:
        """What an eSIM says. One that was restored is listed twice, and says the same twice."""
        handle = self._client.get_workflow_handle(run.id, result_type=Subscription)
        claim = await read_claim(self._client, handle, self._task_queue)
        addons: list[Addon] = []
        while True:  # an answer holds a thousand purchases: one is enough for nearly every eSIM
            asked = PurchasesFrom(start=len(addons))
            esim = await handle.query("purchases", asked, result_type=Subscription, rpc_timeout=ANSWER)
            if not claim.is_shown_by(esim):
                raise NotOurs(run.id)
            addons += esim.addons
            if not (esim.archived and esim.addons):
                break
        claimed_at = None
        if not all(addon.decided_at or addon.status == "pending" for addon in addons):
            described = (await handle.describe(rpc_timeout=ANSWER)).raw_description.workflow_extended_info
            claimed_at = described.original_start_time.ToDatetime(UTC)
        return entries_of(esim.model_copy(update={"addons": addons}), claim.purchase.purchase_id, claimed_at)

    async def _failed(self, run: WorkflowExecution) -> list[SaleEntry]:
        """Why one run of a first purchase sold nothing."""
        handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        purchase = await read_purchase(self._client, handle, self._task_queue)
        was_ended_outside = run.status in (WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.TIMED_OUT)
        entry = SaleEntry(
            entry_id=f"{run.run_id}/failed",
            at=run.close_time or run.start_time,
            outcome="terminated" if was_ended_outside else "failed",
            kind="esim",
            bought_at=run.start_time,
            error=None if was_ended_outside else await _failure_of(handle),
            **purchase.model_dump(include={"purchase_id", "traveler_id", "product", "plan_id", "ordered_by"}),
        )
        return [entry]


async def _failure_of(handle: Run) -> str:
    try:
        await handle.result(follow_runs=False, rpc_timeout=ANSWER)
    except WorkflowFailureError as failure:
        cause = failure.cause
        if not isinstance(cause, ApplicationError):
            return CANCELLED
        return cause.type if cause.type and cause.type in get_args(FailureType) else "Failed"
    return "Failed"


async def _some(runs: AsyncIterator[Found]) -> AsyncIterator[list[Found]]:
    batch: list[Found] = []
    async for run in runs:
        batch.append(run)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    yield batch
