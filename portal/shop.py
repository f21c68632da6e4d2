"""What the portal asks of Temporal: every page and every call goes through here."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final, Literal, TypeVar, cast
from uuid import uuid4

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.runs import original_purchase
from cli import purchase as sales
from cli import subscription as subscriptions
from cli.documents import Failure
from cli.finding import Search, find
from cli.lookup import status_of
from cli.problem import Conflict, Problem, failed, not_found, problem_of
from cli.server import NobodyAnswers, answered, answered_by_worker
from cli.waiting import within
from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.message import Message
from contract.progress import Progress
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment
from contract.search_attributes import TRAVELER_ID
from contract.stock import Stock
from contract.subscription import LifecycleOrder, Subscription, SubscriptionStatus
from contract.workflow_ids import purchase_id_of
from portal.inventory import Inventory
from portal.records import Queue, Record, Records
from seller.catalog import Catalog, UnknownProduct
from temporal.encryption.sealed import Undecipherable

MOST_ESIMS: Final = 100
"""Of one traveler, that are shown."""

UNSOLD: Final[set[SubscriptionStatus]] = {"provisioning", "quarantined"}

ORDER_SECONDS: Final = 10.0
"""How long somebody who waits for an order is kept waiting, before being told that it goes on."""

LOOK_SECONDS: Final = 3.0
"""Of those, for the look how far a sale has come that is not over by then."""

WORKER_SECONDS: Final = 1.5
"""Of those, for a worker to answer."""

MOST_NAMED: Final = 10
"""Products, for somebody who asked for one that there is not."""

GOES_ON: Final = "AcceptedUpdateCompletedWorkflow"
"""What Temporal answers for an update whose run went on as a new one, which knows of what was ordered."""

TROUBLE: Final = (Problem, RPCError, Undecipherable)
"""What the shop raises: a Problem as below, what Temporal refuses, what is encrypted with a key that is not here."""

OPERATORS: Final = ("TemporalRefused", "UnknownKey")
"""Types of problems that pass no sooner than somebody sees to them: the log says what to do."""

Change = Literal["suspend", "resume", "close"]
Result = TypeVar("Result", bound=BaseModel)


@contextmanager
def _not_found_is_fine() -> Iterator[None]:
    """Goes on where Temporal knows of no such workflow."""
    try:
        yield
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise


def _is_not_found(error: BaseException) -> bool:
    return isinstance(error, Problem) and error.type == "NotFound"


ENDED: Final = {
    WorkflowExecutionStatus.COMPLETED: "it was sold",
    WorkflowExecutionStatus.FAILED: "it failed, and nothing was sold",
    WorkflowExecutionStatus.CANCELED: "it was cancelled",
    WorkflowExecutionStatus.TERMINATED: "it was terminated",
    WorkflowExecutionStatus.TIMED_OUT: "it ran out of time",
}


def _gone(purchase_id: str, error: RPCError) -> Exception:
    if error.status != RPCStatusCode.NOT_FOUND:
        return error
    sentence = f"Purchase {purchase_id} is not under way: Temporal knows of none of that name, or has forgotten it"
    return Problem("NotFound", sentence)


class Begun(Message):
    """A first purchase as Temporal knows it without a worker: what was bought, and by whom."""

    purchase_id: str
    traveler_id: str
    product: str
    plan_id: str
    started_at: datetime
    run_id: str


class Sale(Begun, Progress):
    """The same with how far it has come, and what it failed with if it did."""

    error: Failure | None = None


class Shop:
    """Sells, shows and changes eSIMs.

    Raises a Problem where it cannot: ``NotFound``, ``Conflict``, a failure type of the contract, or NobodyAnswers
    (``NoTemporalServer``, ``NoWorker``, ``QueryFailed``), which may be over soon.
    """

    def __init__(self, client: Client, task_queue: str, catalog: Catalog) -> None:
        self.client = client
        self.task_queue = task_queue
        self._catalog = catalog
        self.products: Mapping[str, str] = catalog.products
        """The planId of each product on sale."""
        self.order_seconds = ORDER_SECONDS
        """How long an order is waited for where the caller does not say."""
        self._records = Records(client, task_queue)
        self._inventory = Inventory(client, task_queue)

    def plan_of(self, product: str) -> str:
        """The planId of a product on sale; ``InvalidRequest`` if it is not."""
        try:
            return self._catalog.plan_of(product, MOST_NAMED)
        except UnknownProduct as unknown:
            raise problem_of(unknown) from None

    async def buy(self, purchase: EsimPurchase) -> bool:
        """Starts a first purchase, once. Whether it is new; ``Conflict`` if its id is known with other contents."""
        return await sales.begin(self.client, self.task_queue, purchase)

    async def sale(self, purchase_id: str, seconds: float | None = None) -> Sale:
        """How far a first purchase has come; ``NotFound`` if there is none. A worker has so many seconds to tell."""
        return await self._sale(purchase_id, await self._described(purchase_id), seconds)

    async def sale_or_begun(self, purchase_id: str) -> Sale | Begun:
        """The same, or while no worker tells how far it has come, that it has begun. For who cannot wait long."""
        description = await self._described(purchase_id)
        try:
            return await self._sale(purchase_id, description, WORKER_SECONDS)
        except (NobodyAnswers, RPCError) as silence:
            if isinstance(silence, NobodyAnswers) and silence.type == "NoTemporalServer":
                raise
            return await self._begun(purchase_id, description)

    async def _described(self, purchase_id: str) -> WorkflowExecutionDescription:
        with _not_found_is_fine():
            return await answered(self.client, sales.run_of(self.client, purchase_id).describe())
        raise not_found(f"purchase {purchase_id}")

    async def _sale(self, purchase_id: str, description: WorkflowExecutionDescription, seconds: float | None) -> Sale:
        status = await status_of(self.client, purchase_id, description, seconds)
        begun = await self._begun(purchase_id, description)
        return Sale.model_validate(begun.model_dump() | status.model_dump())

    async def _begun(self, purchase_id: str, description: WorkflowExecutionDescription) -> Begun:
        bought = await self.bought(purchase_id)
        return Begun.model_validate(
            bought.model_dump() | {"started_at": description.start_time, "run_id": description.run_id}
        )

    async def bought(self, purchase_id: str) -> EsimPurchase:
        """What a first purchase is of, and whose, which needs no worker to be told; ``NotFound`` if there is none."""
        # What somebody started with nonsense is no purchase either: it failed, and sold nothing.
        with _not_found_is_fine(), suppress(ApplicationError, ValueError):
            return await answered(self.client, original_purchase(sales.run_of(self.client, purchase_id)))
        raise not_found(f"purchase {purchase_id}")

    async def sold(self, purchase_id: str) -> ProvisionedEsim:
        """What was sold, with its activation code; ``NotCompleted`` while it goes on, or its failure."""
        return await sales.sold(self.client, purchase_id)

    async def sold_soon(self, purchase_id: str, seconds: float | None = None) -> ProvisionedEsim | None:
        """The same, waited for a little, with time left for a look at it; None if it goes on after that."""
        patience = max(0.0, self._patience(seconds) - LOOK_SECONDS)
        with suppress(TimeoutError, WorkflowFailureError, RPCError):  # told by what is asked next
            await within(patience, sales.run_of(self.client, purchase_id).result())
        try:
            return await self.sold(purchase_id)
        except Problem as problem:
            if problem.type != "NotCompleted":
                raise
            return None

    async def esims_of(self, traveler_id: str) -> list[Subscription]:
        """The eSIMs of a traveler, but for those that were not sold in the end."""
        esims, unseen = await self.seen_of(traveler_id)
        if unseen:
            raise unseen[0]
        return esims

    async def seen_of(self, traveler_id: str) -> tuple[list[Subscription], list[BaseException]]:
        """The same, as far as they can be seen; and what is wrong with each that cannot."""
        found = await find(self.client, Search(traveler_id=traveler_id), MOST_ESIMS)
        asked = await asyncio.gather(
            *(self.esim(one.endpoint_id) for one in found.subscriptions), return_exceptions=True
        )
        esims = [esim for esim in asked if isinstance(esim, Subscription) and esim.status not in UNSOLD]
        # Visibility may still list what Temporal has just forgotten.
        unseen = [error for error in asked if isinstance(error, BaseException) and not _is_not_found(error)]
        return esims, unseen

    async def esim(self, endpoint_id: str) -> Subscription:
        """One eSIM with its add-ons, as it stands; ``NotFound`` if there is none."""
        return await subscriptions.subscription_of(self.client, subscriptions.run_of(self.client, endpoint_id))

    async def esim_of(self, traveler_id: str, endpoint_id: str) -> Subscription:
        """The same for a traveler; ``NotFound``, in the same words, if it is somebody else's, or was not sold."""
        try:
            esim = await self.esim(endpoint_id)
        except NobodyAnswers as silence:
            if silence.type != "NoTemporalServer" and await self._is_of_another(traveler_id, endpoint_id):
                raise not_found(subscriptions.run_of(self.client, endpoint_id).id) from None
            raise
        if esim.traveler_id != traveler_id or esim.endpoint_id != endpoint_id or esim.status in UNSOLD:
            raise not_found(subscriptions.run_of(self.client, endpoint_id).id)
        return esim

    async def _is_of_another(self, traveler_id: str, endpoint_id: str) -> bool:
        """What Temporal can tell without a worker."""
        run = await answered(self.client, subscriptions.run_of(self.client, endpoint_id).describe())
        return run.typed_search_attributes.get(TRAVELER_ID, traveler_id) != traveler_id

    async def sold_on(self, esim: Subscription) -> ProvisionedEsim:
        """What was sold when this eSIM was, with its activation code; ``NotFound`` once Temporal has forgotten that."""
        run = subscriptions.run_of(self.client, esim.endpoint_id)
        parent: str | None = None
        with _not_found_is_fine():
            # Not the purchase of the first add-on, which may have been archived.
            parent = (await answered(self.client, run.describe())).parent_id
        if parent is None:
            raise not_found(f"purchase of {run.id}")
        return await self.sold(purchase_id_of(parent))

    async def buy_addon(self, endpoint_id: str, purchase: AddonPurchase, seconds: float | None = None) -> Addon | None:
        """Buys an add-on, once, and waits a little for it. None if it is still being provisioned then.

        ``Conflict`` if its id is known with other contents.
        """
        known = await self.known_addon(endpoint_id, purchase)
        if known and known.status == "provisioned":
            return known
        # The same id is the same update, so that many at once are one. Temporal keeps a failure under it for good.
        update_id = str(uuid4()) if known and known.status == "failed" else purchase.purchase_id
        try:
            addon = await self._ordered(endpoint_id, "purchase_addon", purchase, Addon, update_id, seconds)
        except Problem:
            known = await self.known_addon(endpoint_id, purchase)
            if known and known.status == "pending":  # that was an earlier attempt
                return None
            raise
        if addon:
            _refuse_conflict(addon, purchase)
        return addon

    async def known_addon(self, endpoint_id: str, purchase: AddonPurchase) -> Addon | None:
        """What has become of this purchase; None if it is new. ``Conflict`` if its id is known with other contents."""
        try:
            addon = await self.addon(endpoint_id, purchase.purchase_id)
        except Problem as problem:
            if problem.type != "NotFound":
                raise
            return None
        _refuse_conflict(addon, purchase)
        return addon

    async def addon(self, endpoint_id: str, purchase_id: str) -> Addon:
        """An add-on by the purchase that it was bought with; ``NotFound`` if there is none."""
        run = subscriptions.run_of(self.client, endpoint_id)
        wanted = cast("type[Addon | None]", Addon | None)
        addon: Addon | None = None
        with _not_found_is_fine():
            addon = await answered_by_worker(
                self.client, run.query("addon", {"purchase_id": purchase_id}, result_type=wanted)
            )
        if addon is None:
            raise not_found(f"add-on {purchase_id} on endpoint {endpoint_id}")
        return addon

    async def refresh(self, endpoint_id: str, seconds: float | None = None) -> Subscription | None:
        """Reads usage now. None if SFT takes longer than somebody can be kept waiting."""
        return await self._ordered(endpoint_id, "refresh_usage", None, Subscription, seconds=seconds)

    async def change(
        self, endpoint_id: str, change: Change, order: LifecycleOrder, seconds: float | None = None
    ) -> Subscription | None:
        """Suspends, resumes or closes an eSIM. None if that is still under way after a little waiting."""
        return await self._ordered(endpoint_id, change, order, Subscription, seconds=seconds)

    async def waiting(self) -> Queue:
        """The first purchases that wait for stock or need attention, the longest first."""
        return await self._records.waiting()

    async def recent(self) -> list[Record]:
        """The newest first purchases."""
        return await self._records.recent()

    async def stock(self) -> Stock:
        """How many eSIMs can be sold, as it was a minute ago at most; ``NotCounted`` if that takes long."""
        return await self._inventory.count()

    async def amend(self, purchase_id: str, amendment: PlanAmendment) -> Progress:
        """Has another plan provisioned than the one that SFT refused; ``InvalidRequest`` unless it waits for that."""
        run = sales.run_of(self.client, purchase_id)
        await self.expect_under_way(purchase_id)
        try:
            return await answered_by_worker(
                self.client, run.execute_update("amend_plan", amendment, result_type=Progress)
            )
        except WorkflowUpdateFailedError as failure:
            raise failed(f"Amending {run.id}", failure.cause) from None
        except RPCError as error:
            raise _gone(purchase_id, error) from None

    async def cancel(self, purchase_id: str) -> None:
        """Cancels a first purchase, which gives back what it holds; ``NotFound`` if none is under way."""
        await self.expect_under_way(purchase_id)  # the server takes it without a word
        try:
            await answered(self.client, sales.run_of(self.client, purchase_id).cancel())
        except RPCError as error:
            raise _gone(purchase_id, error) from None

    async def expect_under_way(self, purchase_id: str) -> None:
        """Raises ``NotFound`` if no first purchase of this id is under way, which says what became of it."""
        run = sales.run_of(self.client, purchase_id)
        try:
            status = (await answered(self.client, run.describe())).status
        except RPCError as error:
            raise _gone(purchase_id, error) from None
        if status != WorkflowExecutionStatus.RUNNING:
            ended = ENDED.get(status, "it ended") if status else "it ended"
            raise Problem("NotFound", f"Purchase {purchase_id} is not under way any more: {ended}")

    async def look_soon(self, endpoint_id: str) -> bool:
        """Has the usage of an eSIM read within a minute. Whether there is such an eSIM that lives."""
        run = subscriptions.run_of(self.client, endpoint_id)
        with _not_found_is_fine():
            await answered(self.client, run.signal("look_soon"))
            return True
        return False

    def _patience(self, seconds: float | None) -> float:
        return self.order_seconds if seconds is None else seconds

    async def _ordered(
        self,
        endpoint_id: str,
        update: str,
        request: BaseModel | None,
        result_type: type[Result],
        update_id: str | None = None,
        seconds: float | None = None,
    ) -> Result | None:
        """What an update was answered with; None if it goes on after so long. The same id is the same update."""
        run = subscriptions.run_of(self.client, endpoint_id)
        arguments = [] if request is None else [request]
        until = time.monotonic() + self._patience(seconds)
        try:
            started = run.start_update(
                update,
                args=arguments,
                id=update_id,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                result_type=result_type,
            )
            accepted = await answered_by_worker(self.client, started)
            result: Result = await within(max(0.0, until - time.monotonic()), accepted.result())
            return result
        except TimeoutError:
            return None
        except WorkflowUpdateFailedError as failure:
            if isinstance(failure.cause, ApplicationError) and failure.cause.type == GOES_ON:
                return None
            raise failed(f"Update {update} of {run.id}", failure.cause) from None
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise not_found(run.id) from None
            raise


def _refuse_conflict(addon: Addon, purchase: AddonPurchase) -> None:
    if (addon.product, addon.plan_id) != (purchase.product, purchase.plan_id):
        raise Conflict(
            f"Purchase {addon.purchase_id} was made as {addon.product} ({addon.plan_id}); another purchase needs "
            "another purchase id"
        )
