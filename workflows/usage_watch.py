"""Reads what is left of the add-ons: on somebody's order, and by itself as often as the table of the cadence says."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError

from activities.messages import BACKGROUND, Endpoint, UsageReading
from activities.usage import UsageActivities
from contract.addon import Addon
from workflows.cadence import BEFORE_USE, is_low, next_look
from workflows.policies import BRISK, LOOK, LOOK_LIMIT, OWNER_LOOK, SOON, Policy
from workflows.purchases import Purchases
from workflows.sft_calls import call
from workflows.state import SubscriptionState
from workflows.telling import Telling
from workflows.usage import news_of, read

HANDED_OVER: Final = "Look whether the sale is over; once it is, what is left of the add-ons"


class UsageWatch:
    """The usage of a subscription's add-ons; it only reads, and so may do so beside whatever else is going on."""

    def __init__(
        self,
        state: SubscriptionState,
        purchases: Purchases,
        telling: Telling,
        show: Callable[[], None],
        look_at_owner: Callable[[], Awaitable[None]],
    ) -> None:
        self._state = state
        self._purchases = purchases
        self._telling = telling
        self._show = show
        self._look_at_owner = look_at_owner

    def provisioned(self) -> None:
        """There is one more add-on to look at."""
        due = workflow.now() + BEFORE_USE
        self._state.next_look = min(self._state.next_look or due, due)

    @property
    def can_look_soon(self) -> bool:
        """Whether there is an eSIM to look at: one that is sold, and not closed."""
        return self._state.owner is None and self._state.subscription.status != "closed"

    def look_soon(self) -> None:
        """There will be a look SOON from now, or when one was wanted before, whatever other looks there are."""
        wanted = self._state.wanted_look = self._state.wanted_look or workflow.now() + SOON
        self._state.next_look = min(self._state.next_look or wanted, wanted)

    async def keep_looking(self) -> None:
        """Looks whenever it is time to, until it is cancelled. A look that fails is left to the next one.

        As long as the endpoint is not handed over, what is looked at is whether whoever claimed it still lives.
        """
        while True:
            due = self._state.next_look
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda due=due: self._state.next_look != due,  # type: ignore[misc]
                    timeout=max(due - workflow.now(), timedelta(0)) if due else None,
                    timeout_summary=HANDED_OVER if self._state.owner else "Look what is left of the add-ons",
                )
                continue
            if self._state.owner is not None:
                await self._look_at_owner()
                self._state.next_look = workflow.now() + OWNER_LOOK
                continue
            with suppress(ActivityError):
                self._apply(*await self._read(LOOK, Priority(priority_key=BACKGROUND), LOOK_LIMIT), in_background=True)
            self._tell_news()

    async def refresh(self) -> None:
        """Looks now, for somebody who waits; raises ActivityError if SFT does not answer after a few tries."""
        self._apply(*await self._read(BRISK), in_background=False)
        self._tell_news()

    async def _read(
        self, policy: Policy, priority: Priority | None = None, time_limit: timedelta | None = None
    ) -> tuple[UsageReading, list[Addon]]:
        # What is provisioned while SFT is being asked may be missing from its answer, and is not gone for that.
        known = self._purchases.provisioned()
        if self._state.wanted_look and self._state.wanted_look <= workflow.now():
            self._state.wanted_look = None
        endpoint = Endpoint(endpoint_id=self._state.subscription.endpoint_id)
        summary = f"Read what is left on endpoint {endpoint.endpoint_id}"
        reading = await call(
            UsageActivities.read_usage, endpoint, policy, summary, priority=priority, time_limit=time_limit
        )
        return reading, [addon for addon in known if self._purchases.is_shown(addon)]

    def _apply(self, reading: UsageReading, known: list[Addon], *, in_background: bool) -> None:
        self._state.channels = reading.channels
        there = {instance.unique_id: instance for instance in reading.instances}
        for addon in known:
            assert addon.unique_id is not None
            track = self._purchases.track(addon)
            read(addon, track, there.get(addon.unique_id), workflow.now())
            track.close_looks += in_background and addon.usage is not None and is_low(addon.usage, workflow.now())
        accounted = set(self._purchases.accounted())
        self._state.subscription.unmatched = [unique_id for unique_id in there if unique_id not in accounted]

    def _tell_news(self) -> None:
        """What is due to be told by what was read last, also if SFT does not answer just now. Nothing after the end."""
        if self._state.subscription.status == "closed":
            self._state.next_look = self._state.wanted_look = None
            self._show()
            return
        now = workflow.now()
        for addon in self._purchases.provisioned():
            track = self._purchases.track(addon)
            if news := news_of(addon, track, now):
                track.told += news
                self._telling.report(*news, addon=addon)
        self._purchases.keep_small()
        watched = [(addon, self._purchases.track(addon)) for addon in self._purchases.provisioned()]
        due, wanted = next_look(watched, now), self._state.wanted_look
        self._state.next_look = min(due or wanted, wanted) if wanted else due
        self._show()
