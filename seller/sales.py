"""First purchases: started once, watched, and found again."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.message import Message
from contract.progress import Progress
from contract.purchase import EsimPurchase
from contract.workflow_ids import provision_id, purchase_id_of
from seller.conflict import refuse_another_purchase
from seller.errors import NoAnswer, SellerError, failed, not_found
from seller.failing_task import answer_of
from seller.past_sales import PastSale, past_purchase, past_sale
from seller.server_client import ServerClient
from seller.waiting import watched, within
from temporal.run_input import read_input

SaleRun = WorkflowHandle[object, ProvisionedEsim]

SUMMARY_CHARACTERS: Final = 80
"""Of a product's name: a summary in the Web UI is one short line."""

UNDER_WAY: Final = {WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED}
"""Statuses of a run that has not failed."""


class Failure(Message):
    """Why a first purchase failed: a failure type of the contract or a word of ``SellerError``, and one sentence."""

    type: str
    message: str


class PurchaseStatus(Progress):
    """How far a first purchase has come, and what its run failed with if it did."""

    purchase_id: str
    error: Failure | None = None


class Begun(Message):
    """A first purchase as Temporal knows it without a worker: what was bought, by whom, and when (in UTC)."""

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
    return await client.start_workflow(
        "ProvisionEsimWorkflow",
        purchase,
        id=provision_id(purchase.purchase_id),
        task_queue=task_queue,
        result_type=ProvisionedEsim,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        id_conflict_policy=conflict,
        static_summary=f"{purchase.product:.{SUMMARY_CHARACTERS}} for traveler {purchase.traveler_id}",
    )


def sale_run(client: Client, purchase_id: str) -> SaleRun:
    """The latest run of a purchase, whether there is one or not."""
    return client.get_workflow_handle(provision_id(purchase_id), result_type=ProvisionedEsim)


class Sales(ServerClient):
    """Sells eSIMs, each with a first add-on, and tells how far that has come.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

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
        return await (self.sold(purchase.purchase_id) if is_completed else self.result_of(run, on_progress))

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

    async def result_of(self, run: SaleRun, on_progress: Callable[[Progress], None] | None = None) -> ProvisionedEsim:
        """What a run sold, once it is delivered; ``on_progress`` gets every look at how far it has come.

        Raises a SellerError: the failure of the purchase.
        """

        async def look() -> None:
            progress = await self._progress_of(run)
            if on_progress:
                on_progress(progress)

        try:
            return await watched(run.result(), look)
        except WorkflowFailureError as failure:
            raise failed(f"Purchase {purchase_id_of(run.id)}", failure.cause) from None

    async def progress(self, purchase_id: str) -> Progress:
        """How far a purchase has come, as a worker tells."""
        return await self._progress_of(sale_run(self._client, purchase_id))

    async def status(self, purchase_id: str) -> PurchaseStatus | None:
        """How far a purchase has come, and what it failed with; None if there is none."""
        if description := await self._described(purchase_id):
            return await self._status_of(purchase_id, description)
        past = await past_sale(self._server, purchase_id)
        return _past_status(past) if past else None

    async def sale(self, purchase_id: str, seconds: float | None = None) -> Sale:
        """A purchase with how far it has come, for which a worker has so many seconds to tell.

        Raises a SellerError, ``NotFound``, if there is none.
        """
        description = await self._described(purchase_id)
        return await (self._sale(purchase_id, description, seconds) if description else self._past_sale(purchase_id))

    async def sale_or_begun(self, purchase_id: str, seconds: float) -> Sale | Begun:
        """A purchase with how far it has come; without, if no worker tells that in so many seconds.

        Raises a SellerError, ``NotFound``, if there is none.
        """
        description = await self._described(purchase_id)
        if description is None:
            return await self._past_sale(purchase_id)
        try:
            return await self._sale(purchase_id, description, seconds)
        except (NoAnswer, RPCError) as silence:
            if isinstance(silence, NoAnswer) and silence.type == "NoTemporalServer":
                raise
            return await self._begun(purchase_id, description)

    async def bought(self, purchase_id: str) -> EsimPurchase:
        """What a purchase is of, and whose, which needs no worker to be told.

        Raises a SellerError, ``NotFound``, if there is none.
        """
        try:
            run = sale_run(self._client, purchase_id)
            return await self._server.answers(read_input(self._client, run, EsimPurchase))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            if purchase := await past_purchase(self._server, purchase_id):
                return purchase
        except (ApplicationError, ValueError):
            pass  # what somebody started with nonsense is no purchase either: it failed, and sold nothing
        raise not_found(f"purchase {purchase_id}")

    async def sold(self, purchase_id: str) -> ProvisionedEsim:
        """What was sold under a purchase id, with its activation code, by whichever of its runs; also by one that
        Temporal has forgotten, for as long as it knows the subscription.

        Raises a SellerError: ``NotFound`` if the id is not known, ``NotCompleted`` while the purchase goes on, its
        failure if it failed.
        """
        run = sale_run(self._client, purchase_id)
        description = await self._described(purchase_id)
        status = description.status if description else None
        if status == WorkflowExecutionStatus.RUNNING:
            raise SellerError("NotCompleted", f"Purchase {purchase_id} has no eSIM yet")
        if status != WorkflowExecutionStatus.COMPLETED:
            if completed := await self._server.answers(self._completed(run)):
                run = completed
            elif past := await past_sale(self._server, purchase_id):
                return past.esim
            elif description is None:
                raise not_found(f"purchase {purchase_id}")
        try:
            return await self._server.answers(run.result())
        except WorkflowFailureError as failure:
            raise failed(f"Purchase {purchase_id}", failure.cause) from None

    async def sold_within(self, purchase_id: str, seconds: float) -> ProvisionedEsim | None:
        """What was sold under a purchase id, waited for so many seconds; None if it goes on after that.

        Raises a SellerError: ``NotFound`` if the id is not known, its failure if it failed.
        """
        with suppress(TimeoutError, WorkflowFailureError, RPCError):  # told by what is asked next
            await within(seconds, sale_run(self._client, purchase_id).result())
        try:
            return await self.sold(purchase_id)
        except SellerError as error:
            if error.type != "NotCompleted":
                raise
            return None

    async def _refuse_conflict(self, run: SaleRun, purchase: EsimPurchase) -> None:
        refuse_another_purchase(await self._server.answers(read_input(self._client, run, EsimPurchase)), purchase)

    async def _progress_of(self, run: SaleRun, seconds: float | None = None) -> Progress:
        return await answer_of(self._server, run, run.query("progress", result_type=Progress), seconds)

    async def _described(self, purchase_id: str) -> WorkflowExecutionDescription | None:
        """The latest run of a purchase; None if Temporal knows none, or none any more."""
        try:
            return await self._server.answers(sale_run(self._client, purchase_id).describe())
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _past_sale(self, purchase_id: str) -> Sale:
        past = await past_sale(self._server, purchase_id)
        if past is None:
            raise not_found(f"purchase {purchase_id}")
        begun = {"started_at": past.started_at, "run_id": past.run_id}
        return Sale.model_validate(past.purchase.model_dump() | begun | _past_status(past).model_dump())

    async def _sale(self, purchase_id: str, description: WorkflowExecutionDescription, seconds: float | None) -> Sale:
        status = await self._status_of(purchase_id, description, seconds)
        begun = await self._begun(purchase_id, description)
        return Sale.model_validate(begun.model_dump() | status.model_dump())

    async def _begun(self, purchase_id: str, description: WorkflowExecutionDescription) -> Begun:
        bought = await self.bought(purchase_id)
        return Begun.model_validate(
            bought.model_dump() | {"started_at": description.start_time, "run_id": description.run_id}
        )

    async def _status_of(
        self, purchase_id: str, description: WorkflowExecutionDescription, seconds: float | None = None
    ) -> PurchaseStatus:
        run = sale_run(self._client, purchase_id)
        try:
            progress = await self._progress_of(run, seconds)
        except (NoAnswer, RPCError):  # a purchase is asked on the version that it ran on, which may have been retired
            if description.status == WorkflowExecutionStatus.RUNNING:
                raise
            progress = await self._end_of(run)
        status = PurchaseStatus(purchase_id=purchase_id, **progress.model_dump())
        if description.status not in UNDER_WAY:
            if past := await past_sale(self._server, purchase_id):  # it was terminated after the sale, say
                return _past_status(past)
            status.error = await self._failure_of(run, purchase_id)
        return status

    async def _end_of(self, run: SaleRun) -> Progress:
        try:
            esim = await self._server.answers(run.result())
        except WorkflowFailureError:
            return Progress(step="failed", detail="Nothing was sold.")
        return _completed_with(esim)

    async def _failure_of(self, run: SaleRun, purchase_id: str) -> Failure | None:
        try:
            await self._server.answers(run.result())
        except WorkflowFailureError as failure:
            error = failed(f"Purchase {purchase_id}", failure.cause)
            return Failure(type=error.type, message=error.message)
        return None

    async def _completed(self, run: SaleRun) -> SaleRun | None:
        """The run that completed, which is not the latest where somebody started the purchase again without the
        policies above. None if none did.
        """
        async for found in self._client.list_workflows(f"WorkflowId = '{run.id}' AND ExecutionStatus = 'Completed'"):
            return self._client.get_workflow_handle(found.id, run_id=found.run_id, result_type=ProvisionedEsim)
        return None


def _completed_with(esim: ProvisionedEsim) -> Progress:
    detail = f"The eSIM of endpoint {esim.endpoint_id} can be installed."
    return Progress(step="completed", endpoint_id=esim.endpoint_id, detail=detail)


def _past_status(past: PastSale) -> PurchaseStatus:
    return PurchaseStatus(purchase_id=past.purchase.purchase_id, **_completed_with(past.esim).model_dump())
