"""First purchases as operators see them: those that wait for people, and the newest, as visibility has them."""

import asyncio
import time
from datetime import datetime
from typing import Final

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from contract.message import Message
from contract.progress import STUCK, Progress
from contract.purchase import EsimPurchase
from contract.search_attributes import PURCHASE_STEP
from contract.workflow_ids import PROVISION_TYPE, is_provision_id, purchase_id_of
from seller.errors import SellerError, seller_error
from seller.history import amended_to, wait_in
from seller.kept import Kept
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


class _Input(Message):
    """What a run was started with; None if it is no first purchase of ours."""

    bought: EsimPurchase | None


class _Wait(Message):
    """What the first events of a run say, ``events`` of them, about its wait; ``told`` is what a worker said then, None
    if none did. It all holds until there are more events."""

    events: int
    since: datetime | None
    until: datetime | None
    bought: EsimPurchase | None
    told: Progress | None = None


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
        self._inputs = Kept[_Input](MOST_REMEMBERED)
        self._waits = Kept[_Wait]()
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)

    async def waiting(self) -> Queue:
        """Those that wait for stock or need attention, the longest first. Raises NoAnswer."""
        until = time.monotonic() + REASON_SECONDS
        steps = ", ".join(f"'{step}'" for step in STUCK)
        condition = f"ExecutionStatus = 'Running' AND {PURCHASE_STEP.name} IN ({steps})"
        # Visibility lists the newest first, and those are not whom it is about.
        runs = (await self._listed(f"{self._query} AND {condition}", MOST_COUNTED))[::-1]
        records = await self._records(runs)
        # One is asked each time: by it is seen whether a worker still answers. Of the others, only what is new.
        shown = records[:MOST_WAITING]
        found = await asyncio.gather(*(self._waiting(record, until, record is shown[0]) for record in shown))
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

    async def _waiting(self, record: Record, until: float, is_asked: bool) -> Waiting | None:
        """None if it went on while visibility did not know yet, or never said itself that it waits. Where no worker
        tells the reason, it is told who is missing. ``is_asked``: a worker is, also where the reason is kept."""
        handle = self._client.get_workflow_handle(record.workflow_id, run_id=record.run_id)
        async with self._at_once:
            wait = await self._wait_of(handle, record)
            if wait.since is None:
                return None
            told = wait.told
            if is_asked or told is None:
                try:
                    told = await self._progress_of(handle, until)
                except (SellerError, Undecipherable) as error:
                    told = Progress(step="needs_attention", detail=seller_error(error).message)
                else:
                    wait = wait.model_copy(update={"told": told})
                    self._waits.keep(record.run_id, wait)
        if wait.told and wait.told.step not in STUCK:
            return None
        step = wait.told.step if wait.told else record.step
        shown = dict(record) | {"bought": wait.bought, "step": step}
        return Waiting(**shown, since=wait.since, until=wait.until, reason=told.detail)

    async def _wait_of(self, handle: WorkflowHandle[object, object], record: Record) -> _Wait:
        """What is kept of it, if nothing has happened in it since: its history is read no more than once."""
        events = (await self._server.answers(handle.describe())).history_length
        kept = self._waits.get(record.run_id)
        if kept and kept.events == events:
            return kept
        history = await self._server.answers(handle.fetch_history())
        wait = wait_in(history)
        bought = await self._amended(record.bought, history)
        read = _Wait(events=len(history.events), since=wait.since, until=wait.until, bought=bought)
        self._waits.keep(record.run_id, read)
        return read

    async def _progress_of(self, handle: WorkflowHandle[object, object], until: float) -> Progress:
        seconds = max(LEAST_SECONDS, min(until - time.monotonic(), self._server.patience()))
        return await self._server.worker_answers(handle, handle.query("progress", result_type=Progress), seconds)

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
        kept = self._inputs.get(run.run_id)
        if kept is None:
            try:
                kept = _Input(bought=await self._read(run))
            except NotOurs:
                kept = _Input(bought=None)
            except (Undecipherable, RPCError):
                if is_provision_id(run.id):
                    return None
                raise NotOurs(run.id) from None
            self._inputs.keep(run.run_id, kept)
        if kept.bought is None:
            raise NotOurs(run.id)
        return kept.bought

    async def _read(self, run: WorkflowExecution) -> EsimPurchase:
        handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        async with self._at_once:
            return await self._server.answers(read_purchase(self._client, handle, self._server.task_queue))


def _words(status: WorkflowExecutionStatus | None) -> str:
    return status.name.title().replace("_", "") if status else "Unknown"
