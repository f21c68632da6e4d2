"""The two sides of every comparison: the product, and workflows that do nothing in as many steps."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from temporalio.client import Client, WorkflowHandle

from activities.messages import Owner
from contract.addon import Addon
from contract.esim import AvailableEsim, ProvisionedEsim
from contract.purchase import AddonPurchase, EsimPurchase
from contract.workflow_ids import SUBSCRIPTION_TYPE, provision_id
from seller.sales import start_run
from tools.bench.floor import BareSale, BareSubscription
from tools.bench.sft import PLAN
from tools.chaos.process import Process
from workflows.cadence import BEFORE_USE
from workflows.state import SubscriptionState

PRODUCT: Final = "Wakanda 30Days / 30GB"

FIRST_UNSOLD: Final = 900_000_001
"""Endpoints of subscriptions that are started as if they had been sold; the simulator has none of these."""

_numbers: Final = itertools.count(1)
"""Written with so many digits that ids are of one length: the sizes of histories are compared."""

Living = WorkflowHandle[object, object]


class Side(ABC):
    """Sells and tops up, on a task queue and a worker process of its own."""

    def __init__(self, client: Client, task_queue: str, worker: Process) -> None:
        self.client = client
        self.task_queue = task_queue
        self.worker = worker

    @abstractmethod
    async def sell(self) -> str:
        """Makes one sale, and returns the id of the workflow that lives on."""

    @abstractmethod
    async def top_up(self, workflow_id: str) -> None:
        """Orders one top-up, by signal, and does not wait for it."""

    @abstractmethod
    async def begin(self) -> str:
        """Starts a subscription as it is long after its sale, and returns its id."""

    def run(self, workflow_id: str) -> Living:
        """A handle for what lives under this id."""
        return self.client.get_workflow_handle(workflow_id)


class Ours(Side):
    """The product, as a portal uses it: with the id policies of the contract, without an e-mail address."""

    def purchase(self) -> EsimPurchase:
        """A first purchase that nobody made before."""
        return EsimPurchase(
            purchase_id=f"B-{next(_numbers):07}", traveler_id=f"T-{next(_numbers):07}", product=PRODUCT, plan_id=PLAN
        )

    def addon(self) -> AddonPurchase:
        """An add-on purchase that nobody made before."""
        return AddonPurchase(purchase_id=f"B-{next(_numbers):07}", product=PRODUCT, plan_id=PLAN)

    async def start(self) -> WorkflowHandle[object, ProvisionedEsim]:
        """Begins a sale."""
        purchase = self.purchase()
        return await start_run(self.client, self.task_queue, purchase)

    async def sell(self) -> str:
        return (await (await self.start()).result()).subscription_id

    async def top_up(self, workflow_id: str) -> None:
        await self.run(workflow_id).signal("addon_purchased", self.addon())

    async def buy(self, workflow_id: str) -> None:
        """One top-up by update: returns once it is provisioned."""
        addon = self.addon()
        await self.run(workflow_id).execute_update("purchase_addon", addon, id=addon.purchase_id, result_type=Addon)

    async def begin(self) -> str:
        return await self.go_on(str(FIRST_UNSOLD + next(_numbers)), ["7000000"])

    async def go_on(self, endpoint_id: str, unique_ids: Sequence[str]) -> str:
        """Starts a subscription with what it carries over when it continues as new: these add-ons, all provisioned."""
        addons = [Addon(**self.addon().model_dump(), unique_id=one, status="provisioned") for one in unique_ids]
        state = carried_over(endpoint_id, self.purchase(), addons)
        await self.client.start_workflow(
            SUBSCRIPTION_TYPE,
            state,
            id=state.subscription.subscription_id,
            task_queue=self.task_queue,
            search_attributes=state.search_attributes,
        )
        return state.subscription.subscription_id


class Metered(Ours):
    """The product, with a worker that shows its metrics at this address."""

    def __init__(self, client: Client, task_queue: str, worker: Process, metrics_address: str) -> None:
        super().__init__(client, task_queue, worker)
        self.metrics_address = metrics_address


def carried_over(
    endpoint_id: str, purchase: EsimPurchase, addons: Sequence[Addon], iccid: str = "8932000000000000000"
) -> SubscriptionState:
    """The state of a subscription that was sold by this purchase, and has these add-ons since."""
    esim = AvailableEsim(endpoint_id=endpoint_id, iccid=iccid, activation_code="LPA:1$none$none")
    owner = Owner(workflow_id=provision_id(purchase.purchase_id), run_id="ended")
    now = datetime.now(UTC)
    state = SubscriptionState.claimed(esim, purchase, owner, now)
    state.owner, state.next_look = None, now + BEFORE_USE
    state.subscription.status = "active"
    state.subscription.addons = [*addons]
    return state


class Floor(Side):
    """Workflows that do nothing in as many steps: what Temporal itself needs."""

    async def sell(self) -> str:
        return await self.client.execute_workflow(
            BareSale.run, id=f"bare-{next(_numbers):07}", task_queue=self.task_queue
        )

    async def top_up(self, workflow_id: str) -> None:
        await self.run(workflow_id).signal("top_up")

    async def begin(self) -> str:
        run = await self.client.start_workflow(
            BareSubscription.run, id=f"bare-{next(_numbers):07}", task_queue=self.task_queue
        )
        return run.id
