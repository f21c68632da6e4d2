"""The life of a subscription after the sale, weeks of it: on a server that skips the time, with an SFT that does."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.testing import WorkflowEnvironment

from contract.addon import Addon, Usage
from contract.purchase import EsimPurchase
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.event_receiver import EventReceiver, listening
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller
from tests.support.subscription_states import state_with
from tools.bench.world import FIRST_USE, World, actions_of, runs_of
from tools.simulator.plan import Plan
from workflows.state import SubscriptionState


@dataclass
class Life:
    """What became of one subscription."""

    world: World
    portal: EventReceiver
    mailbox: Mailbox
    subscription: Subscription
    runs: list[list[HistoryEvent]]
    """What each run of it did, one after the other."""

    @property
    def actions(self) -> Counter[str]:
        """What is billed for it, but for its start."""
        return actions_of(self.runs, self.world.attempts)

    @property
    def first_use(self) -> datetime:
        assert self.world.instance is not None
        assert self.world.instance.starts_at is not None
        return self.world.instance.starts_at

    @property
    def usage(self) -> Usage:
        [addon] = self.subscription.addons
        assert addon.usage is not None
        return addon.usage


@asynccontextmanager
async def selling(
    skipping: WorkflowEnvironment, portal: EventReceiver, mailbox: Mailbox, **settings: Any
) -> AsyncIterator[Seller]:
    async with (
        listening(portal) as portal_settings,
        mail_server(mailbox) as mail_settings,
        seller(skipping.client, **portal_settings, **mail_settings, **settings) as shop,
    ):
        yield shop


async def lived(
    skipping: WorkflowEnvironment,
    days: float,
    used: Callable[[float], float],
    is_down: Callable[[timedelta], bool] = lambda _: False,
    validity_days: int = 30,
    recurring: bool = False,
    renews_early: bool = False,
    waits: timedelta = FIRST_USE,
    announced: Sequence[timedelta] = (),
    then: Callable[[Seller], Awaitable[object]] | None = None,
    **settings: Any,
) -> Life:
    """A subscription with one add-on, that many days on; ``announced`` is when SFT's callbacks tell something."""
    portal, mailbox = EventReceiver(), Mailbox()
    async with selling(skipping, portal, mailbox, **settings) as shop:
        shop.platform.store.plans["PLAN-LIFE"] = Plan(
            plan_id="PLAN-LIFE", name="Life", granted_bytes=10**9, validity_days=validity_days, recurring=recurring
        )
        world = World(shop.platform, used, is_down, renews_early, waits)
        shop.interceptors = [world]
        async with shop.working():
            endpoint = shop.platform.endpoints[0]
            shop.platform.set_status(endpoint.endpoint_id, "Active")
            world.instance = shop.platform.add_foreign_addon(endpoint.endpoint_id, "PLAN-LIFE")
            run = await shop.client.start_workflow(
                "TravelerSubscriptionWorkflow",
                sold(endpoint.endpoint_id, world.instance.unique_id),
                id=subscription_id(endpoint.endpoint_id),
                task_queue=shop.task_queue,
                result_type=Subscription,
            )
            for moment, next_one in itertools.pairwise([timedelta(0), *announced, timedelta(days=days)]):
                await skipping.sleep(next_one - moment)
                if next_one in announced:
                    await run.signal("look_soon")
            if then:
                await then(shop)

                async def all_told() -> bool:  # an event that is under way in a run that is terminated stops the time
                    return not (await run.query("last_state", result_type=SubscriptionState)).to_portal

                await eventually(all_told)
            subscription = await shop.subscription(endpoint.endpoint_id)
            runs = await runs_of(run)
            await shop.run_of(endpoint.endpoint_id).terminate()  # else it would go on living in the next test's time
            return Life(world, portal, mailbox, subscription, runs)


def sold(endpoint_id: str, unique_id: str) -> SubscriptionState:
    addon = Addon(purchase_id="P-1", product="Life", plan_id="PLAN-LIFE", unique_id=unique_id, status="provisioned")
    purchase = EsimPurchase(
        purchase_id="P-1", traveler_id="T-42", product="Life", plan_id="PLAN-LIFE", email="traveler@example.com"
    )
    changes = {"purchase": purchase, "channels": ["portal", "email"], "next_look": datetime.now(UTC)}
    return state_with([addon], endpoint_id).model_copy(update=changes)
