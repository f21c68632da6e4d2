"""First purchases: started once, watched, and found again."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final, get_args

from pydantic import WithJsonSchema
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from contract.esim import ProvisionedEsim
from contract.failure import FailureType
from contract.message import Message
from contract.progress import Progress
from contract.purchase import EsimPurchase
from contract.workflow_ids import PROVISION_TYPE, provision_id
from seller.conflict import refuse_another_purchase
from seller.errors import Conflict, NoAnswer, SellerError, failed, not_found
from seller.failing_task import answer_of
from seller.known_sales import KnownSale, KnownSales, SaleRun, sale_run
from seller.own_runs import purchase_of
from seller.past_sales import PastSale, is_purchase_id, past_purchase, past_sale
from seller.search import listed
from seller.server import Server
from seller.server_client import ServerClient
from seller.unread_sales import UnreadSale, unread_sale
from seller.updates import NO_RESULT
from seller.waiting import watched, within

SUMMARY_CHARACTERS: Final = 80
"""Of a product's name: a summary in the Web UI is one short line."""

MOST_COMPLETED: Final = 20
"""Runs of one purchase that have completed: ours is one, and then repeats of it."""

NOTHING_SOLD: Final = "Nothing was sold."

FAILURES: Final = (*get_args(FailureType), "Terminated", "TimedOut", "Failed")
"""What a first purchase can fail with: the types of the contract, and what Temporal says of a run."""

UNDER_WAY: Final = {WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED}
"""Statuses of a run that has not failed."""


class Failure(Message):
    """Why a first purchase failed: one of ``FAILURES``, and one sentence."""

    type: Annotated[str, WithJsonSchema({"type": "string", "enum": list(FAILURES)})]
    message: str


class PurchaseStatus(Progress):
    """How far a first purchase has come, and what its run failed with if it did."""

    purchase_id: str
    error: Failure | None = None


class Begun(Message):
    """A first purchase as Temporal knows it without a worker: what was bought, by whom, and when (in UTC). Traveler,
    product and plan are empty where what its run was started with could not be read: it has failed for that."""

    purchase_id: str
    traveler_id: str
    product: str
    plan_id: str
    started_at: datetime
    run_id: str


class Sale(Begun, Progress):
    """A first purchase with how far it has come, and what it failed with if it did."""

    error: Failure | None = None


async def start_run(
    client: Client,
    task_queue: str,
    purchase: EsimPurchase,
    conflict: WorkflowIDConflictPolicy = WorkflowIDConflictPolicy.USE_EXISTING,
) -> SaleRun:
    """Starts the run of a purchase as docs/contract.md says, or joins the one that goes on.

    Raises:
        WorkflowAlreadyStartedError: if it is completed; with another policy for a conflict, also if it goes on.
    """
    return await client.start_workflow(PROVISION_TYPE, purchase, **start_options(task_queue, purchase, conflict))


def start_options(task_queue: str, purchase: EsimPurchase, conflict: WorkflowIDConflictPolicy) -> dict[str, Any]:
    """How the run of a purchase is started, by whatever client of the SDK's."""
    return {
        "id": provision_id(purchase.purchase_id),
        "task_queue": task_queue,
        "result_type": ProvisionedEsim,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        "id_conflict_policy": conflict,
        "static_summary": f"{purchase.product:.{SUMMARY_CHARACTERS}} for traveler {purchase.traveler_id}",
    }


class Sales(ServerClient):
    """Sells eSIMs, each with a first add-on, and tells how far that has come.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._runs = KnownSales(server)

    async def start(self, purchase: EsimPurchase) -> bool:
        """Starts a purchase unless it is known, and returns whether it is new; one that failed is started again.

        Raises Conflict if its id is known with other contents.
        """
        try:
            await self._server.answers(
                start_run(self._client, self._server.task_queue, purchase, WorkflowIDConflictPolicy.FAIL)
            )
        except WorkflowAlreadyStartedError:
            await self._refuse_conflict(sale_run(self._client, purchase.purchase_id), purchase)
            return False
        return True

    async def sell(
        self, purchase: EsimPurchase, on_progress: Callable[[Progress], None] | None = None
    ) -> ProvisionedEsim:
        """Sells an eSIM, and returns it once it is delivered. The same purchase twice is one sale.

        ``on_progress`` gets every look at how far it has come, about one a second. Whoever stops waiting stops nothing:
        the purchase goes on.

        Raises:
            Conflict: if its id is known with other contents.
            SellerError: the failure of the purchase.
        """
        run, is_completed = await self.start_or_join(purchase)
        return await (self.sold(purchase.purchase_id) if is_completed else self.result_of(run, purchase, on_progress))

    async def start_or_join(self, purchase: EsimPurchase) -> tuple[SaleRun, bool]:
        """The run of this purchase, which may be one that was started before, and whether it is completed.

        Raises Conflict if its id is known with other contents.
        """
        try:
            run = await self._server.answers(start_run(self._client, self._server.task_queue, purchase))
            is_completed = False
        except WorkflowAlreadyStartedError:
            run, is_completed = sale_run(self._client, purchase.purchase_id), True
        await self._refuse_conflict(run, purchase)
        return run, is_completed

    async def result_of(
        self, run: SaleRun, purchase: EsimPurchase, on_progress: Callable[[Progress], None] | None = None
    ) -> ProvisionedEsim:
        """What a run sold, once it is delivered; ``on_progress`` gets every look at how far it has come. It is the run
        that ``start_or_join`` found for this purchase.

        Raises a SellerError: the failure of the purchase; ``NotFound`` if no subscription holds what is returned.
        """

        async def look() -> None:
            progress = await self._progress_of(run)
            if on_progress:
                on_progress(progress)

        try:
            with self._server.reached():
                esim = await watched(run.result(), look)
        except WorkflowFailureError as failure:
            raise failed(f"Purchase {purchase.purchase_id}", failure.cause) from None
        if not await self._runs.is_held(purchase, esim):
            raise not_found(f"purchase {purchase.purchase_id}")
        return esim

    async def progress(self, purchase_id: str) -> Progress:
        """How far a purchase has come, as a worker tells."""
        return await self._progress_of(sale_run(self._client, purchase_id))

    async def status(self, purchase_id: str) -> PurchaseStatus | None:
        """How far a purchase has come, and what it failed with; None if there is none."""
        if known := await self._runs.latest(purchase_id):
            return await self._status_of(known)
        found = await self._otherwise(purchase_id)
        return PurchaseStatus.model_validate(found[0].model_dump()) if found else None

    async def sale(self, purchase_id: str, seconds: float | None = None) -> Sale:
        """A purchase with how far it has come, for which a worker has so many seconds to tell.

        Raises a SellerError, ``NotFound``, if there is none.
        """
        known = await self._runs.latest(purchase_id)
        return await self._sale(known, seconds) if known else (await self._found_otherwise(purchase_id))[0]

    async def look(self, purchase_id: str, seconds: float) -> tuple[Sale | Begun, ProvisionedEsim | None]:
        """A purchase with how far it has come; without, if no worker tells that in so many seconds. Beside it, what was
        sold, if it was and did not fail: no worker is asked about a purchase that is completed.

        Raises a SellerError, ``NotFound``, if there is none.
        """
        known = await self._runs.latest(purchase_id)
        if known is None:
            return await self._found_otherwise(purchase_id)
        sale = await self._sale_or_begun(known, seconds)
        has_failed = isinstance(sale, Sale) and sale.error
        if known.esim or has_failed or known.description.status == WorkflowExecutionStatus.RUNNING:
            return sale, known.esim
        return sale, await self.sold_within(purchase_id, 0)

    async def _sale_or_begun(self, known: KnownSale, seconds: float) -> Sale | Begun:
        try:
            return await self._sale(known, seconds)
        except (NoAnswer, RPCError) as silence:
            if isinstance(silence, NoAnswer) and silence.type == "NoTemporalServer":
                raise
            return _begun(known)

    async def bought(self, purchase_id: str) -> EsimPurchase:
        """What a purchase is of, and whose, which needs no worker to be told.

        Raises a SellerError, ``NotFound``, if there is none.
        """
        if purchase := await purchase_of(self._server, sale_run(self._client, purchase_id)):
            return purchase
        if purchase := await past_purchase(self._server, purchase_id):
            return purchase
        raise not_found(f"purchase {purchase_id}")

    async def sold(self, purchase_id: str) -> ProvisionedEsim:
        """What was sold under a purchase id, with its activation code, by whichever of its runs; also by one that
        Temporal has forgotten, for as long as it knows the subscription.

        Raises a SellerError: ``NotFound`` if the id is not known, or if run and subscription do not say the same of it;
        ``NotCompleted`` while the purchase goes on, its failure if it failed.
        """
        known = await self._runs.latest(purchase_id)
        if known and known.esim:
            return known.esim
        if known and known.description.status == WorkflowExecutionStatus.RUNNING:
            raise SellerError("NotCompleted", f"Purchase {purchase_id} has no eSIM yet")
        if esim := await self._completed(purchase_id):
            return esim
        if past := await past_sale(self._server, purchase_id):
            return past.esim
        if failure := await self._failure_of(known) if known else None:
            raise SellerError(failure.type, failure.message)
        if unread := await unread_sale(self._server, purchase_id):
            raise unread.why
        raise not_found(f"purchase {purchase_id}")

    async def sold_within(self, purchase_id: str, seconds: float) -> ProvisionedEsim | None:
        """What was sold under a purchase id, waited for so many seconds; None if it goes on after that.

        Raises a SellerError: ``NotFound`` if the id is not known, its failure if it failed.
        """
        if seconds:
            with suppress(TimeoutError, WorkflowFailureError, RPCError, *NO_RESULT):  # told by what is asked next
                await within(seconds, sale_run(self._client, purchase_id).result())
        try:
            return await self.sold(purchase_id)
        except SellerError as error:
            if error.type != "NotCompleted":
                raise
            return None

    async def refuse_conflict(self, purchase: EsimPurchase) -> None:
        """Raises Conflict if the latest run of this purchase id was started with other contents."""
        await self._refuse_conflict(sale_run(self._client, purchase.purchase_id), purchase)

    async def _refuse_conflict(self, run: SaleRun, purchase: EsimPurchase) -> None:
        made = await purchase_of(self._server, run)
        if made is None:
            queue = self._server.task_queue
            raise Conflict(f"{run.id} is taken, and no purchase on task queue {queue}: take another purchase id")
        refuse_another_purchase(made, purchase)

    async def _progress_of(self, run: SaleRun) -> Progress:
        return await answer_of(self._server, run, run.query("progress", result_type=Progress))

    async def _otherwise(self, purchase_id: str) -> tuple[Sale, ProvisionedEsim | None] | None:
        """A purchase of which no run tells what was bought; None if there is none."""
        if past := await past_sale(self._server, purchase_id):
            return _sale_of(past), past.esim
        unread = await unread_sale(self._server, purchase_id)
        return (_sale_of_unread(purchase_id, unread), None) if unread else None

    async def _found_otherwise(self, purchase_id: str) -> tuple[Sale, ProvisionedEsim | None]:
        if found := await self._otherwise(purchase_id):
            return found
        raise not_found(f"purchase {purchase_id}")

    async def _sale(self, known: KnownSale, seconds: float | None) -> Sale:
        status = await self._status_of(known, seconds)
        return Sale.model_validate(_begun(known).model_dump() | status.model_dump())

    async def _status_of(self, known: KnownSale, seconds: float | None = None) -> PurchaseStatus:
        purchase_id, run_status = known.purchase.purchase_id, known.description.status
        if known.esim:  # certain, and no worker need replay the run for it
            return PurchaseStatus(purchase_id=purchase_id, **_completed_with(known.esim).model_dump())
        try:
            progress = await self._runs.progress(known, seconds)
        except (NoAnswer, RPCError):  # a purchase is asked on the version that it ran on, which may have been retired
            if run_status == WorkflowExecutionStatus.RUNNING:
                raise
            progress = Progress(step="failed", detail=NOTHING_SOLD)
        status = PurchaseStatus(purchase_id=purchase_id, **progress.model_dump())
        if run_status not in UNDER_WAY:
            if past := await past_sale(self._server, purchase_id):  # it was terminated after the sale, say
                return _past_status(past)
            status.error = await self._failure_of(known)
            if status.step != "failed":  # what it was doing when it was ended from outside, it does no more
                detail = status.error.message if status.error else NOTHING_SOLD
                status = status.model_copy(update={"step": "failed", "endpoint_id": None, "detail": detail})
        return status

    async def _failure_of(self, known: KnownSale) -> Failure | None:
        try:
            await self._server.answers(known.run.result())
        except WorkflowFailureError as failure:
            error = failed(f"Purchase {known.purchase.purchase_id}", failure.cause)
            return _failure(error)
        return None

    async def _completed(self, purchase_id: str) -> ProvisionedEsim | None:
        """What a run sold that completed and is not the latest, where somebody started the purchase again without the
        policies above. None if none did.
        """
        if not is_purchase_id(purchase_id):
            return None
        query = f"WorkflowId = '{provision_id(purchase_id)}' AND ExecutionStatus = 'Completed'"
        for found in await listed(self._server, query, MOST_COMPLETED):
            run = sale_run(self._client, purchase_id, found.run_id)
            purchase = await purchase_of(self._server, run)
            if purchase and (esim := await self._runs.sold_by(run, purchase)):
                return esim
        return None


def _begun(known: KnownSale) -> Begun:
    began = {"started_at": known.description.start_time, "run_id": known.description.run_id}
    return Begun.model_validate(known.purchase.model_dump() | began)


def _completed_with(esim: ProvisionedEsim) -> Progress:
    detail = f"The eSIM of endpoint {esim.endpoint_id} can be installed."
    return Progress(step="completed", endpoint_id=esim.endpoint_id, detail=detail)


def _failure(error: SellerError) -> Failure:
    return Failure(type=error.type if error.type in FAILURES else "Failed", message=error.message)


def _sale_of_unread(purchase_id: str, unread: UnreadSale) -> Sale:
    return Sale(
        purchase_id=purchase_id,
        traveler_id="",
        product="",
        plan_id="",
        started_at=unread.description.start_time,
        run_id=unread.description.run_id,
        step="failed",
        detail=NOTHING_SOLD,
        error=_failure(unread.why),
    )


def _sale_of(past: PastSale) -> Sale:
    begun = {"started_at": past.started_at, "run_id": past.run_id}
    return Sale.model_validate(past.purchase.model_dump() | begun | _past_status(past).model_dump())


def _past_status(past: PastSale) -> PurchaseStatus:
    return PurchaseStatus(purchase_id=past.purchase.purchase_id, **_completed_with(past.esim).model_dump())
