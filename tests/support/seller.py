"""A seller under test: an SFT account of its own, a task queue of its own, and workers on a real Temporal server."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle

from contract.esim import ProvisionedEsim
from contract.progress import Progress, Step
from contract.purchase import AddonPurchase, EsimPurchase
from contract.subscription import Subscription, SubscriptionStatus
from contract.workflow_ids import subscription_id
from seller.sales import start_run
from sft.transcript import Recorded
from temporal.ceiling import LOOK_SECONDS
from tools.bench.inside import settings_for, working
from tools.simulator.platform import Platform
from tools.simulator.server import serving

PRODUCT = "Wakanda 30Days / 30GB"
PLAN = "PLAN-WAKANDA-30D-30GB"

PATIENCE_SECONDS = 100
"""How long a test waits for what is to come. It ends what hangs and measures nothing: a machine may be slow."""

_numbers = itertools.count(time.time_ns() // 1000)
"""What ids are made of, so that nothing on a shared Temporal server has the id of anything else."""

Found = TypeVar("Found")

Run = WorkflowHandle[Any, ProvisionedEsim]


@dataclass
class Seller:
    """Buys as a portal does, and sees what came of it at SFT."""

    client: Client
    platform: Platform
    base_url: str
    number: int
    settings: dict[str, Any] = field(default_factory=dict)
    numbers: Iterator[int] = _numbers
    interceptors: list[Any] = field(default_factory=list)
    """Of the worker's client, and so of the worker."""
    ceiling_look_seconds: float = LOOK_SECONDS

    @property
    def task_queue(self) -> str:
        return f"queue-{self.number}"

    def purchase(self, **changes: Any) -> EsimPurchase:
        fields = {
            "purchase_id": f"P-{next(self.numbers)}",
            "traveler_id": "T-42",
            "product": PRODUCT,
            "plan_id": PLAN,
        }
        return EsimPurchase.model_validate(fields | changes)

    def addon(self, **changes: Any) -> AddonPurchase:
        fields = {"purchase_id": f"P-{next(self.numbers)}", "product": PRODUCT, "plan_id": PLAN}
        return AddonPurchase.model_validate(fields | changes)

    async def start(self, purchase: EsimPurchase | None = None) -> Run:
        purchase = purchase or self.purchase()
        return await start_run(self.client, self.task_queue, purchase)

    async def sell(self, purchase: EsimPurchase | None = None) -> ProvisionedEsim:
        run = await self.start(purchase)
        return await run.result()

    def run_of(self, endpoint_id: str) -> WorkflowHandle[Any, Subscription]:
        return self.client.get_workflow_handle(subscription_id(endpoint_id), result_type=Subscription)

    async def subscription(self, endpoint_id: str) -> Subscription:
        subscription: Subscription = await self.run_of(endpoint_id).query("subscription", result_type=Subscription)
        return subscription

    async def refreshed(self, endpoint_id: str) -> Subscription:
        """The subscription with its usage as SFT has it now."""
        run = self.run_of(endpoint_id)
        subscription: Subscription = await run.execute_update("refresh_usage", result_type=Subscription)
        return subscription

    async def progress(self, run: Run) -> Progress:
        progress: Progress = await run.query("progress", result_type=Progress)
        return progress

    async def reaches(self, run: Run, step: Step) -> Progress:
        async def reached() -> Progress | None:
            progress = await self.progress(run)
            return progress if progress.step == step else None

        return await eventually(reached)

    async def becomes(self, endpoint_id: str, status: SubscriptionStatus) -> Subscription:
        """The subscription once it has this status."""

        async def become() -> Subscription | None:
            subscription = await self.subscription(endpoint_id)
            return subscription if subscription.status == status else None

        return await eventually(become)

    async def settled(self, endpoint_id: str) -> Subscription:
        """The subscription once none of its add-ons is pending."""

        async def nothing_pending() -> Subscription | None:
            subscription = await self.subscription(endpoint_id)
            return None if any(addon.status == "pending" for addon in subscription.addons) else subscription

        return await eventually(nothing_pending)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Runs a worker of this seller's, the one of worker.py, for as long as the block lasts."""
        settings = settings_for(self.task_queue, self.base_url, **self.settings)
        async with working(self.client, settings, self.interceptors, self.ceiling_look_seconds):
            yield


@asynccontextmanager
async def seller(
    client: Client,
    *,
    esims: int = 3,
    numbers: Iterator[int] = _numbers,
    transcript: Sequence[Recorded] = (),
    **settings: Any,
) -> AsyncIterator[Seller]:
    """A seller whose endpoint ids nobody else on this server has, and whose worker does not run yet."""
    number = next(numbers)
    platform = Platform(esims=esims, first_endpoint=number * 1000, transcript=transcript)
    async with serving(platform) as base_url:
        yield Seller(client, platform, base_url, number, settings, numbers)


async def eventually(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """What ``look`` finds, once it finds something. It looks less often the longer that takes: looking costs, too."""
    began = time.monotonic()
    while not (found := await look()):
        waited = time.monotonic() - began
        assert waited < PATIENCE_SECONDS, f"not within {PATIENCE_SECONDS} seconds"
        await asyncio.sleep(min(0.2, max(0.02, waited / 10)))
    return found
