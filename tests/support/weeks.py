"""The life of a subscription after the sale, weeks of it: on a server that skips the time, with an SFT that does."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.watched_esim import WatchedEsim
from contract.addon import Addon, Usage
from contract.purchase import EsimPurchase
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.event_receiver import EventReceiver, listening
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller
from tests.support.subscription_states import state_with
from tools.bench.actions import actions_in
from tools.simulator.endpoint import AddonInstance
from tools.simulator.fault import Fault
from tools.simulator.plan import Plan
from workflows.state import SubscriptionState

DAY = timedelta(days=1)
FIRST_USE = timedelta(hours=12)
"""From the sale, and from the first look, which finds nothing used yet."""


@dataclass
class World(ClientInterceptor, Interceptor):
    """Moves SFT's clock along with the server's, and lets the traveler use what they use until then.

    ``used`` says which share of the add-on is used so many days after its first use.
    """

    shop: Seller
    used: Callable[[float], float]
    is_down: Callable[[timedelta], bool] = lambda _: False
    renews_early: bool = False
    """Whether it renews some time after it is used up, before its end."""
    waits: timedelta = FIRST_USE
    began: datetime | None = None
    instance: AddonInstance | None = None
    attempts: Counter[str] = field(default_factory=Counter)
    """Of each activity: also of looks that only wait, and of those that were called back, of which no history tells."""
    looks: list[timedelta] = field(default_factory=list)
    """When usage was read, counted from the first use."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Moving(next, self)

    def move_to(self, now: datetime, given: object = None) -> None:
        platform = self.shop.platform
        platform.clock.set(now)
        platform.clear_faults()
        self.began = self.began or now
        assert self.instance is not None
        lived = now - self.began - self.waits
        self.attempts[activity.info().activity_type] += 1
        if isinstance(given, WatchedEsim) and given.not_before <= now:
            self.looks.append(lived)
        used = self.used(lived / DAY)
        if self.renews_early and used < 1 and not self.instance.remaining_bytes:
            self.instance.remaining_bytes = self.instance.plan.granted_bytes
            self.instance.starts_at, self.instance.expires_at = now, now + self.instance.plan.validity_days * DAY
        if lived >= timedelta(0) and used >= 0 and self.instance in platform.endpoints[0].addons:
            granted = self.instance.plan.granted_bytes
            traffic = int(min(1.0, used) * granted) - (granted - self.instance.remaining_bytes)
            platform.use(platform.endpoints[0].endpoint_id, max(0, traffic), self.instance.unique_id)
        if self.is_down(lived):
            platform.order(Fault(call="*", kind="error_before", times=0))


class _Moving(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, world: World) -> None:
        super().__init__(next)
        self._world = world

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._world.move_to(activity.info().started_time, *input.args)
        return await super().execute_activity(input)


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
        in_histories = sum((actions_in(events) for events in self.runs), Counter[str]())
        del in_histories["activity attempt"], in_histories["workflow start"]
        return in_histories + self.world.attempts

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
        world = World(shop, used, is_down, renews_early, waits)
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


async def runs_of(first: WorkflowHandle[Any, Any]) -> list[list[HistoryEvent]]:
    """What each run did that came of one by continuing as new."""
    runs, run_id = [], first.result_run_id
    while run_id:
        handle = first._client.get_workflow_handle(first.id, run_id=run_id)
        runs.append([*(await handle.fetch_history()).events])
        run_id = runs[-1][-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return runs


def sold(endpoint_id: str, unique_id: str) -> SubscriptionState:
    addon = Addon(purchase_id="P-1", product="Life", plan_id="PLAN-LIFE", unique_id=unique_id, status="provisioned")
    purchase = EsimPurchase(
        purchase_id="P-1", traveler_id="T-42", product="Life", plan_id="PLAN-LIFE", email="traveler@example.com"
    )
    changes = {"purchase": purchase, "channels": ["portal", "email"], "next_look": datetime.now(UTC)}
    return state_with([addon], endpoint_id).model_copy(update=changes)
