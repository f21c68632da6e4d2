"""Carries out the operations of the Nexus service, by the library that every program of ours sells with."""

from typing import Final, TypeVar

from nexusrpc import HandlerError, HandlerErrorType
from nexusrpc.handler import StartOperationContext, service_handler, sync_operation
from pydantic import BaseModel
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.nexus import (
    TemporalNexusClient,
    TemporalOperationResult,
    TemporalStartOperationContext,
    temporal_operation,
)

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.order import Refund
from contract.progress import Progress
from contract.purchase import EsimPurchase
from contract.subscription import ShownSubscription, Subscription
from contract.workflow_ids import PROVISION_TYPE
from nexus.errors import told_to_callers
from nexus.service import (
    AddonFor,
    AddonNamed,
    Amendment,
    EsimNamed,
    EsimsOfTraveler,
    MailAgain,
    OrderFor,
    PurchaseNamed,
    RefundOf,
    RemovalFrom,
    TravelerNamed,
    TravelEsim,
)
from seller.client import SellerClient
from seller.sales import Sale, start_options
from seller.subscriptions import MOST_ESIMS
from seller.updates import Update, carry_out_within

WAIT_SECONDS: Final = 6.0
"""For what SFT has to do. The server gives a call of Nexus ten seconds, unless it is told otherwise."""

Answer = TypeVar("Answer", bound=BaseModel)

Done = TemporalOperationResult


@service_handler(service=TravelEsim)
class TravelEsimHandler:
    """What ``buy`` starts is the purchase itself, and it is over when that is. All else is answered within the call;
    nothing is kept here meanwhile."""

    def __init__(self, seller: SellerClient) -> None:
        self._seller = seller

    @temporal_operation
    async def buy(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, purchase: EsimPurchase
    ) -> Done[ProvisionedEsim]:
        """Sells an eSIM; the same purchase twice is one sale."""
        sales = self._seller.sales
        options = start_options(self._seller.server.task_queue, purchase, WorkflowIDConflictPolicy.USE_EXISTING)
        with told_to_callers():
            try:
                begun: Done[ProvisionedEsim] = await client.start_workflow(PROVISION_TYPE, purchase, **options)
            except WorkflowAlreadyStartedError:  # it was sold
                await sales.refuse_conflict(purchase)
                return Done.sync(await sales.sold(purchase.purchase_id))
            await sales.refuse_conflict(purchase)
            return begun

    @sync_operation
    async def purchase(self, _context: StartOperationContext, named: PurchaseNamed) -> Sale:
        """How far a purchase has come, and what it failed with."""
        with told_to_callers():
            return await self._seller.sales.sale(named.purchase_id)

    @sync_operation
    async def cancel(self, _context: StartOperationContext, named: PurchaseNamed) -> None:
        """Cancels a purchase that is under way, which gives back what it holds."""
        with told_to_callers():
            await self._seller.operators.cancel(named.purchase_id)

    @sync_operation
    async def amend(self, _context: StartOperationContext, wanted: Amendment) -> Progress:
        """Has another plan provisioned than the one that SFT refused."""
        with told_to_callers():
            return await self._seller.operators.amend(wanted.purchase_id, wanted.amendment)

    @sync_operation
    async def buy_addon(self, _context: StartOperationContext, wanted: AddonFor) -> Addon:
        """Sells an add-on; the same purchase twice is one add-on. ``pending`` where SFT takes longer than the call."""
        with told_to_callers():
            return await self._seller.addons.buy_within(wanted.endpoint_id, wanted.purchase, WAIT_SECONDS)

    @sync_operation
    async def addon(self, _context: StartOperationContext, named: AddonNamed) -> Addon:
        """What has become of an add-on."""
        with told_to_callers():
            return await self._seller.addons.get(named.endpoint_id, named.purchase_id)

    @sync_operation
    async def esim(self, _context: StartOperationContext, named: EsimNamed) -> ShownSubscription:
        """One eSIM with its add-ons, as it stands."""
        with told_to_callers():
            return await self._seller.subscriptions.get(named.endpoint_id)

    @sync_operation
    async def esims(self, _context: StartOperationContext, named: TravelerNamed) -> EsimsOfTraveler:
        """Those of a traveler, the newest hundred after the first ``offset``."""
        with told_to_callers():
            found = await self._seller.subscriptions.some_of_traveler(named.traveler_id, MOST_ESIMS, named.offset)
            return EsimsOfTraveler(esims=found.esims, has_more=found.has_more)

    @sync_operation
    async def refresh_usage(self, context: StartOperationContext, wanted: EsimNamed) -> Subscription:
        """Has SFT say what is left of each add-on."""
        return await self._ordered(context, wanted, "refresh_usage", None, Subscription)

    @sync_operation
    async def suspend(self, context: StartOperationContext, wanted: OrderFor) -> Subscription:
        """Suspends an eSIM."""
        return await self._ordered(context, wanted, "suspend", wanted.order, Subscription)

    @sync_operation
    async def resume(self, context: StartOperationContext, wanted: OrderFor) -> Subscription:
        """Activates an eSIM again."""
        return await self._ordered(context, wanted, "resume", wanted.order, Subscription)

    @sync_operation
    async def close(self, context: StartOperationContext, wanted: OrderFor) -> Subscription:
        """Suspends an eSIM for good."""
        return await self._ordered(context, wanted, "close", wanted.order, Subscription)

    @sync_operation
    async def remove_addon(self, context: StartOperationContext, wanted: RemovalFrom) -> Addon:
        """Takes one add-on off an eSIM."""
        return await self._ordered(context, wanted, "remove_addon", wanted.order, Addon)

    @sync_operation
    async def refund(self, context: StartOperationContext, wanted: RefundOf) -> Refund:
        """Gives back an eSIM that was never used."""
        return await self._ordered(context, wanted, "refund", wanted.order, Refund)

    @sync_operation
    async def resend(self, context: StartOperationContext, wanted: MailAgain) -> Subscription:
        """Mails an eSIM once more; how that goes is in its ``delivery``."""
        return await self._ordered(context, wanted, "resend", wanted.order, Subscription)

    async def _ordered(
        self,
        context: StartOperationContext,
        wanted: EsimNamed,
        name: str,
        order: BaseModel | None,
        answer: type[Answer],
    ) -> Answer:
        """Carries out an order under the id of Temporal's request: one that Temporal repeats is the same.

        Raises a HandlerError that Temporal repeats it for, if SFT takes longer than a call of Nexus may.
        """
        update = Update(name, answer, order, id=context.request_id)
        run = self._seller.subscription_run(wanted.endpoint_id)
        with told_to_callers():
            done = await carry_out_within(self._seller.server, run, update, WAIT_SECONDS)
        if done is None:
            raise HandlerError(f"SFT has not done {name} yet: it goes on", type=HandlerErrorType.UPSTREAM_TIMEOUT)
        return done
