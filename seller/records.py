"""First purchases as operators see them: those that wait for people, and the newest, as visibility has them."""

import asyncio
import time
from collections import OrderedDict
from datetime import datetime
from typing import Final

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus, WorkflowHistory
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from contract.message import Message
from contract.progress import STUCK, Progress
from contract.purchase import EsimPurchase
from contract.search_attributes import PURCHASE_STEP
from contract.workflow_ids import PROVISION_TYPE, is_provision_id, purchase_id_of
from seller.errors import SellerError, seller_error
from seller.history import amended_to, wait_in
from seller.server import Server
from temporal.encryption.sealed import Undecipherable
from temporal.run_input import NotOurs, read_purchase

MOST_WAITING: Final = 50
MOST_COUNTED: Final = 1000
MOST_RECENT: Final = 50

MOST_REMEMBERED: Final = 2 * MOST_COUNTED
"""Runs whose input is kept: it never changes."""

MOST_AT_ONCE: Final = 10
"""Runs that are asked for at the same time."""

UNREADABLE: Final = (ApplicationError, Undecipherable, ValueError)
"""What reading an amendment raises that is encrypted with a key that is not here, or is nonsense."""

LEAST_SECONDS: Final = 0.1
REASON_SECONDS: Final = 4.0
"""How long a look at all that wait takes at most, where no worker tells the reasons."""


class Record(Message):
    """One run of a first purchase. ``bought`` is None where its input cannot be read; times are in UTC."""

    purchase_id: str
    workflow_id: str
    run_id: str
    bought: EsimPurchase | None
    started_at: datetime
    ended_at: datetime | None
    status: str
    """``Running``, ``Completed``, ``Failed``, ``Canceled``, ``Terminated`` or ``TimedOut``."""
    step: str | None
    """Where it is, if it ever waited for people."""


class Waiting(Record):
    """One that waits for people: since when, until when it does, if that is known, and why. ``bought`` is as it was
    amended."""

    since: datetime
    until: datetime | None
    reason: str


class Queue(Message):
    """Those that have waited longest, and how many wait: ``in_all`` is MOST_COUNTED where there may be more."""

    sales: list[Waiting]
    in_all: int


class Records:
    """Looks runs up on one task queue."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = server.client
        self._query = f"WorkflowType = '{PROVISION_TYPE}' AND {server.own_runs}"
        self._bought: OrderedDict[str, EsimPurchase] = OrderedDict()
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)

    async def waiting(self) -> Queue:
        """Those that wait for stock or need attention, the longest first. Raises NoAnswer."""
        until = time.monotonic() + REASON_SECONDS
        steps = ", ".join(f"'{step}'" for step in STUCK)
        condition = f"ExecutionStatus = 'Running' AND {PURCHASE_STEP.name} IN ({steps})"
        # Visibility lists the newest first, and those are not whom it is about.
        runs = (await self._listed(f"{self._query} AND {condition}", MOST_COUNTED))[::-1]
        records = await self._records(runs)
        found = await asyncio.gather(*(self._waiting(record, until) for record in records[:MOST_WAITING]))
        sales = sorted((waiting for waiting in found if waiting), key=lambda waiting: waiting.since)
        return Queue(sales=sales, in_all=len(records) - found.count(None))

    async def recent(self) -> list[Record]:
        """The newest first. Raises NoAnswer."""
        records = await self._records(await self._listed(self._query, MOST_RECENT))
        return sorted(records, key=lambda record: record.started_at, reverse=True)

    async def _listed(self, query: str, limit: int) -> list[WorkflowExecution]:
        async def runs() -> list[WorkflowExecution]:
            return [run async for run in self._client.list_workflows(query, limit=limit, page_size=limit)]

        return await self._server.answers(runs())

    async def _records(self, runs: list[WorkflowExecution]) -> list[Record]:
        """Of those that are what visibility lists them as: whoever may start runs may have any listed."""
        records = await asyncio.gather(*(self._record(run) for run in runs))
        return [record for record in records if record]

    async def _record(self, run: WorkflowExecution) -> Record | None:
        try:
            bought = await self._input_of(run)
        except NotOurs:
            return None
        return Record(
            purchase_id=purchase_id_of(run.id),
            workflow_id=run.id,
            run_id=run.run_id,
            bought=bought,
            started_at=run.start_time,
            ended_at=run.close_time,
            status=_words(run.status),
            step=run.typed_search_attributes.get(PURCHASE_STEP),
        )

    async def _waiting(self, record: Record, until: float) -> Waiting | None:
        """None if it went on while visibility did not know yet, or never said itself that it waits. Where no worker
        tells the reason, it is told who is missing."""
        handle = self._client.get_workflow_handle(record.workflow_id, run_id=record.run_id)
        async with self._at_once:
            history = await self._server.answers(handle.fetch_history())
            wait = wait_in(history)
            if wait.since is None:
                return None
            try:
                seconds = max(LEAST_SECONDS, min(until - time.monotonic(), self._server.patience()))
                asked = handle.query("progress", result_type=Progress)
                progress = await self._server.worker_answers(handle, asked, seconds)
            except (SellerError, Undecipherable) as error:
                progress = Progress(step="needs_attention", detail=seller_error(error).message)
            else:
                if progress.step not in STUCK:
                    return None
                record.step = progress.step
        record.bought = await self._amended(record.bought, history)
        return Waiting(**dict(record), since=wait.since, until=wait.until, reason=progress.detail)

    async def _amended(self, bought: EsimPurchase | None, history: WorkflowHistory) -> EsimPurchase | None:
        """What is tried now; None if that cannot be read."""
        try:
            amendment = await amended_to(self._client, history)
        except UNREADABLE:
            return None
        amended = {"product": amendment.product, "plan_id": amendment.plan_id} if amendment else {}
        return bought.model_copy(update=amended) if bought else None

    async def _input_of(self, run: WorkflowExecution) -> EsimPurchase | None:
        """None if that cannot be read. Raises NotOurs."""
        if run.run_id in self._bought:
            self._bought.move_to_end(run.run_id)
            return self._bought[run.run_id]
        handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        try:
            async with self._at_once:
                bought = await self._server.answers(read_purchase(self._client, handle, self._server.task_queue))
        except (Undecipherable, RPCError):
            if is_provision_id(run.id):
                return None
            raise NotOurs(run.id) from None
        self._bought[run.run_id] = bought
        if len(self._bought) > MOST_REMEMBERED:
            self._bought.popitem(last=False)
        return bought


def _words(status: WorkflowExecutionStatus | None) -> str:
    return status.name.title().replace("_", "") if status else "Unknown"
