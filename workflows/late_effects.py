"""What SFT did not answer and does late: an add-on whose purchase went on without it, a state that is not wanted now.

Every such thing is looked for after the settle window, then at ever doubled intervals, for WATCH in all, and undone.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.addons import AddonActivities
from activities.messages import ACTIVE, SUSPENDED, Surplus
from workflows.counting import count_unanswered
from workflows.display import Display
from workflows.endpoint import EndpointLifecycle, Status
from workflows.handover import Doubt
from workflows.policies import SURPLUS, WATCH
from workflows.sft_calls import patiently
from workflows.state import AddonWatch, LifecycleWatch, SubscriptionState, Watch


class LateEffects:
    """The watches in a subscription's state. ``accounted`` gives the uniqueIds that belong to purchases."""

    def __init__(
        self,
        state: SubscriptionState,
        endpoint: EndpointLifecycle,
        accounted: Callable[[], list[str]],
        display: Display,
    ) -> None:
        self._state = state
        self._endpoint = endpoint
        self._accounted = accounted
        self._display = display

    def expect_addons(self, doubts: list[Doubt]) -> None:
        """Watches one doubt a plan: whose a late instance is cannot be told, only how many of them there are."""
        for doubt in [doubt for doubt in doubts if doubt.count]:
            for watch in [watch for watch in self._state.addon_watches if watch.doubt.plan_id == doubt.plan_id]:
                self._state.addon_watches.remove(watch)
                earlier = watch.doubt
                doubt.before, doubt.removing = earlier.before, earlier.removing
                doubt.count += earlier.count
            due = workflow.now() + timedelta(seconds=doubt.settle_seconds)
            self._state.addon_watches.append(AddonWatch(doubt=doubt, since=workflow.now(), due=due))

    def expect_lifecycle(self, requests: int) -> None:
        """Watches the endpoint's state, because so many more requests to change it may still be carried out."""
        watch, now = self._state.lifecycle_watch, workflow.now()
        if requests:
            earlier = watch.requests if watch else 0
            watch = LifecycleWatch(requests=earlier + requests, since=now, due=now)
        if watch:  # what is wanted has changed just now: what comes late may be against it from now on
            watch.due = now + self._endpoint.settle
        self._state.lifecycle_watch = watch

    @property
    def is_expected(self) -> bool:
        """Whether SFT may still do something that it did not answer."""
        return bool(self._watches)

    def due_at(self) -> datetime | None:
        """When it has to be looked next; None if there is nothing to look for."""
        return min((watch.due for watch in self._watches), default=None)

    async def look(self, wanted: Status, *, is_over: bool = False) -> bool:
        """Looks for everything that is due, and undoes it. Whether the endpoint was in a state that is not wanted.

        What SFT will not undo is left to the next look: purchases come first. Once the subscription ``is_over``, there
        are none, and SFT is waited for.
        """
        for watch in [watch for watch in self._state.addon_watches if watch.due <= workflow.now()]:
            try:
                await self._remove(watch.doubt, time_limit=None if is_over else SURPLUS)
            except ApplicationError as failure:
                workflow.logger.warning("surplus add-ons not removed yet: %s", failure.message)
            watch.looked(workflow.now(), timedelta(seconds=watch.doubt.settle_seconds))
            if watch.doubt.count == 0 or watch.is_over:
                self._state.addon_watches.remove(watch)
        status_watch = self._state.lifecycle_watch
        if status_watch is None or status_watch.due > workflow.now():
            return False
        was_undone = await self._is_undone(status_watch, wanted)
        if was_undone and is_over:
            await self._endpoint.suspend()
        elif was_undone:
            with suppress(ApplicationError):
                await self._endpoint.change_to(wanted, "system")
        status_watch.looked(workflow.now(), self._endpoint.settle)
        if status_watch.requests <= 0 or status_watch.is_over:
            self._state.lifecycle_watch = None
        return was_undone

    async def outlast(self) -> bool:
        """Undoes what SFT does late until nothing can come any more, on an endpoint that is to stay suspended.

        Returns whether it became active meanwhile.
        """
        was_active = False
        while due := self.due_at():
            until = max(watch.since for watch in self._watches) + WATCH
            self._display.set_details(
                f"SFT may still do what it did not answer: looking again, until {until:%-d %b %Y, %H:%M} UTC."
            )
            pause = max(due - workflow.now(), timedelta(0))
            await workflow.sleep(pause, summary="SFT may still do what it did not answer: look again after a pause")
            was_active = await self.look(SUSPENDED, is_over=True) or was_active
        return was_active

    async def remove(self, doubt: Doubt) -> None:
        """Removes what an add-on that was not sold left on the endpoint, also if SFT makes it only now."""
        await self._remove(doubt)
        if doubt.count:
            settle = timedelta(seconds=doubt.settle_seconds)
            await workflow.sleep(settle, summary="SubscribeAddon was not answered: wait whether it is done late")
            await self._remove(doubt)

    @property
    def _watches(self) -> list[Watch]:
        status_watch = self._state.lifecycle_watch
        return [*self._state.addon_watches, *([status_watch] if status_watch else [])]

    async def _is_undone(self, watch: LifecycleWatch, wanted: Status) -> bool:
        """Whether SFT has carried out, late, the opposite of what is wanted."""
        status = (await self._endpoint.look()).status
        if status != (SUSPENDED if wanted == ACTIVE else ACTIVE):
            return False
        watch.requests -= 1
        count_unanswered("EndPointLifeCycleChange", "done_late")
        return True

    async def _remove(self, doubt: Doubt, time_limit: timedelta | None = None) -> None:
        """Removes what SFT made late. Which instances go is in the history before the first of them is removed."""
        look = await self._endpoint.look(f"Look for late instances of add-on {doubt.plan_id}")
        there = [addon.unique_id for addon in look.addons if addon.plan_id == doubt.plan_id]
        self._removed(doubt, [unique_id for unique_id in doubt.removing if unique_id not in there])
        known = {*doubt.before, *self._accounted()}
        doubt.removing = [unique_id for unique_id in there if unique_id not in known][: doubt.count]
        if doubt.removing:
            removal = Surplus(endpoint_id=self._endpoint.endpoint_id, unique_ids=doubt.removing)
            summary = f"Remove late instances of add-on {doubt.plan_id}"
            await patiently(
                AddonActivities.remove_surplus, removal, summary, self._display.set_details, time_limit=time_limit
            )
            self._removed(doubt, doubt.removing)

    def _removed(self, doubt: Doubt, unique_ids: list[str]) -> None:
        self._state.subscription.surplus_removed.extend(unique_ids)
        count_unanswered("SubscribeAddon", "done_late", len(unique_ids))
        doubt.count -= len(unique_ids)
        doubt.removing = []
