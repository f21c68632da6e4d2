"""What SFT did not answer and does late: an add-on whose purchase went on without it, a state that is not wanted now.

Every such thing is looked for after the settle window, then at ever doubled intervals, for WATCH in all, and undone.
"""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.addons import AddonActivities
from activities.messages import Surplus
from contract.subscription import SubscriptionStatus
from sft.plan_id import is_among
from sft.states import ACTIVE, SUSPENDED, is_state
from workflows.counting import count_unanswered
from workflows.endpoint import Status
from workflows.handover import Doubt, GiveBack, HandOver
from workflows.part import Part
from workflows.policies import SURPLUS
from workflows.sft_calls import patiently
from workflows.state import AddonWatch, LifecycleWatch


class LateEffects(Part):
    """The watches in a subscription's state, and what is done about what they find."""

    def take_over(self, word: HandOver | GiveBack) -> None:
        """Watches for everything that the purchase left in doubt."""
        self.expect_addons(word.doubts)
        self._endpoint.unanswered = word.unanswered_activations
        self.expect_lifecycle(ACTIVE)

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

    def found(self, plan_id: str) -> None:
        """One of the instances of this plan that were in doubt is there, and is a purchase's."""
        for watch in [watch for watch in self._state.addon_watches if watch.doubt.plan_id == plan_id]:
            watch.doubt.count -= 1
            if watch.doubt.count == 0:
                self._state.addon_watches.remove(watch)

    def expect_lifecycle(self, to: Status) -> None:
        """Watches the endpoint's state for what the requests to bring it to ``to`` may still do that were not answered.

        Whatever was watched before may be against what is wanted from now on: it is looked for anew.
        """
        watch, now = self._state.lifecycle_watch, workflow.now()
        if watch and watch.ends <= now:
            watch = None
        if requests := self._endpoint.take_unanswered():
            earlier, to_before = (watch.requests, watch.to) if watch else (0, [])
            watch = LifecycleWatch(requests=earlier + requests, to=sorted({*to_before, to}), since=now, due=now)
        if watch:
            watch.due = now + self._endpoint.settle
        self._state.lifecycle_watch = watch

    @property
    def is_expected(self) -> bool:
        """Whether SFT may still do something that it did not answer and that is not wanted."""
        return bool(self._watches)

    def due_at(self) -> datetime | None:
        """When it has to be looked next; None if there is nothing to look for."""
        return min((watch.due for watch in self._watches), default=None)

    async def look(self, *, is_over: bool = False) -> bool:
        """Looks for everything that is due, and undoes it. Whether the endpoint was in a state that is not wanted.

        What SFT will not undo is left to the next look: purchases come first. Once the subscription ``is_over``, there
        are none, and SFT is waited for.
        """
        was_unwanted = False
        for watch in [watch for watch in self._watches if watch.due <= workflow.now()]:
            if isinstance(watch, AddonWatch):
                await self._look_for_addons(watch, time_limit=None if is_over else SURPLUS)
            else:
                was_unwanted = await self._look_at_status(watch, is_over=is_over)
        return was_unwanted

    async def _look_for_addons(self, watch: AddonWatch, time_limit: timedelta | None) -> None:
        is_last = watch.ends <= workflow.now()
        try:
            await self._remove(watch.doubt, time_limit=time_limit)
        except ApplicationError as failure:
            workflow.logger.warning("surplus add-ons not removed yet: %s", failure.message)
        watch.looked(workflow.now(), timedelta(seconds=watch.doubt.settle_seconds))
        if watch.doubt.count == 0 or is_last:
            self._state.addon_watches.remove(watch)

    async def _look_at_status(self, watch: LifecycleWatch, *, is_over: bool) -> bool:
        is_last = watch.ends <= workflow.now()
        is_unwanted = is_state((await self._endpoint.look()).status, _opposite_of(self._wanted))
        if is_unwanted and await self._put_right(is_over=is_over):  # else the next look finds it again
            count_unanswered("EndPointLifeCycleChange", "done_late")
            watch.requests -= 1
        watch.looked(workflow.now(), self._endpoint.settle)
        if watch.requests <= 0 or is_last:
            self._state.lifecycle_watch = None
        if self._endpoint.unanswered:  # what was sent to put it right
            self.expect_lifecycle(self._wanted)
        return is_unwanted

    async def _put_right(self, *, is_over: bool) -> bool:
        """Whether SFT did it: purchases do not wait for one that refuses."""
        try:
            if is_over:
                await self._endpoint.suspend()
            else:
                await self._endpoint.change_to(self._wanted, "system")
        except ApplicationError as failure:
            workflow.logger.warning("the endpoint is not put right yet: %s", failure.message)
            return False
        return True

    async def outlast(self) -> bool:
        """Undoes what SFT does late until nothing can come any more, on an endpoint that is to stay suspended.

        Returns whether it became active meanwhile.
        """
        was_active = False
        while due := self.due_at():
            until = max(watch.ends for watch in self._watches)
            self._display.set_details(
                f"SFT may still do what it did not answer: looking again, until {until:%-d %b %Y, %H:%M} UTC."
            )
            pause = max(due - workflow.now(), timedelta(0))
            await workflow.sleep(pause, summary="SFT may still do what it did not answer: look again after a pause")
            was_active = await self.look(is_over=True) or was_active
        return was_active

    async def remove(self, doubt: Doubt) -> None:
        """Removes what an add-on that was not sold left on the endpoint, also if SFT makes it only now."""
        await self._remove(doubt)
        if doubt.count:
            settle = timedelta(seconds=doubt.settle_seconds)
            await workflow.sleep(settle, summary="SubscribeAddon was not answered: wait whether it is done late")
            await self._remove(doubt)

    @property
    def _wanted(self) -> Status:
        """The state that SFT has to have the endpoint in."""
        return status_at_sft(self._state.subscription.status)

    @property
    def _watches(self) -> list[AddonWatch | LifecycleWatch]:
        watches: list[AddonWatch | LifecycleWatch] = [*self._state.addon_watches]
        lifecycle = self._state.lifecycle_watch
        if lifecycle and _opposite_of(self._wanted) in lifecycle.to:
            watches.append(lifecycle)
        return watches

    async def _remove(self, doubt: Doubt, time_limit: timedelta | None = None) -> None:
        """Removes what SFT made late. Which instances go is in the history before the first of them is removed."""
        look = await self._endpoint.look(f"Look for late instances of add-on {doubt.plan_id}")
        if is_among(doubt.plan_id, look.hidden_plans):  # neither there nor gone: the next look tells
            return
        there, all_there = look.of_plan(doubt.plan_id), look.unique_ids
        self._removed(doubt, [unique_id for unique_id in doubt.removing if unique_id not in all_there])
        known = {*doubt.before, *self._purchases.accounted()}
        doubt.removing = [unique_id for unique_id in there if unique_id not in known][: doubt.count]
        if doubt.removing:
            removal = Surplus(endpoint_id=self._endpoint.endpoint_id, unique_ids=doubt.removing, plan_id=doubt.plan_id)
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


def status_at_sft(status: SubscriptionStatus) -> Status:
    """The state that SFT has to have an endpoint in: active only if it is a traveler's."""
    return ACTIVE if status == "active" else SUSPENDED


def _opposite_of(status: Status) -> Status:
    return SUSPENDED if status == ACTIVE else ACTIVE
