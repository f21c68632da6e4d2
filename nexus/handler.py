"""Carries out the operations of the Nexus service, by the library that every program of ours sells with."""

from typing import Any

from nexusrpc.handler import StartOperationContext, service_handler, sync_operation
from pydantic import BaseModel
from temporalio.client import WorkflowUpdateStage
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
    OrderFor,
    PurchaseNamed,
    RefundOf,
    RemovalFrom,
    TravelerNamed,
    TravelEsim,
)
from seller.addons import update_id
from seller.client import SellerClient
from seller.own_runs import claim_of
from seller.sales import Sale, start_options
from seller.subscriptions import MOST_ESIMS
from seller.updates import saying_why_gone

Done = TemporalOperationResult


@service_handler(service=TravelEsim)
class TravelEsimHandler:
    """What ``buy`` starts is the purchase itself, and what is ordered of an eSIM is an update of its subscription: an
    operation is over when that is, and nothing is kept here meanwhile."""

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

    @temporal_operation
    async def buy_addon(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, wanted: AddonFor
    ) -> Done[Addon]:
        """Sells an add-on; the same purchase twice is one add-on."""
        with told_to_callers():
            known = await self._seller.addons.known(wanted.endpoint_id, wanted.purchase)
            if known and known.status == "provisioned":
                return Done.sync(known)
            attempt = update_id(wanted.purchase.purchase_id, known)
            return await self._ordered(client, wanted, "purchase_addon", wanted.purchase, Addon, attempt)

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

    @temporal_operation
    async def refresh_usage(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, named: EsimNamed
    ) -> Done[Subscription]:
        """Has SFT say what is left of each add-on."""
        return await self._ordered(client, named, "refresh_usage", None, Subscription)

    @temporal_operation
    async def suspend(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, wanted: OrderFor
    ) -> Done[Subscription]:
        """Suspends an eSIM."""
        return await self._ordered(client, wanted, "suspend", wanted.order, Subscription)

    @temporal_operation
    async def resume(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, wanted: OrderFor
    ) -> Done[Subscription]:
        """Activates an eSIM again."""
        return await self._ordered(client, wanted, "resume", wanted.order, Subscription)

    @temporal_operation
    async def close(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, wanted: OrderFor
    ) -> Done[Subscription]:
        """Suspends an eSIM for good."""
        return await self._ordered(client, wanted, "close", wanted.order, Subscription)

    @temporal_operation
    async def remove_addon(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, wanted: RemovalFrom
    ) -> Done[Addon]:
        """Takes one add-on off an eSIM."""
        return await self._ordered(client, wanted, "remove_addon", wanted.order, Addon)

    @temporal_operation
    async def refund(
        self, _context: TemporalStartOperationContext, client: TemporalNexusClient, wanted: RefundOf
    ) -> Done[Refund]:
        """Gives back an eSIM that was never used."""
        return await self._ordered(client, wanted, "refund", wanted.order, Refund)

    async def _ordered(
        self,
        client: TemporalNexusClient,
        named: EsimNamed,
        update: str,
        order: BaseModel | None,
        answer: type[Any],
        attempt: str | None = None,
    ) -> Done[Any]:
        """Begins an update with which the operation ends, under its own id or under that of Temporal's request: one
        that Temporal repeats is the same."""
        server, run = self._seller.server, self._seller.subscription_run(named.endpoint_id)
        with told_to_callers():
            await claim_of(server, run)  # before anything is ordered: it may be another seller's
            async with saying_why_gone(server, run):
                begun = client.start_workflow_update(
                    run.id,
                    update,
                    args=[] if order is None else [order],
                    update_id=attempt,
                    wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                    result_type=answer,
                )
                return await server.worker_answers(run, begun)
