"""Add-ons that SFT made late, after their purchase had been settled without them: found, removed and reported."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.addons import AddonActivities
from activities.messages import ACTIVE, Surplus
from workflows.counting import count_unanswered
from workflows.endpoint import OwnedEndpoint
from workflows.handover import Doubt
from workflows.policies import SURPLUS, WATCH
from workflows.sft_calls import Say, patiently
from workflows.state import SubscriptionState, Watch


class Leftovers:
    """What SFT did not answer and may still do, and what is done about it. ``accounted`` are uniqueIds of purchases."""

    def __init__(
        self, state: SubscriptionState, endpoint: OwnedEndpoint, accounted: Callable[[], list[str]], tell: Say
    ) -> None:
        self._state = state
        self._endpoint = endpoint
        self._accounted = accounted
        self._tell = tell

    def watch(self, doubts: list[Doubt]) -> None:
        """Watches one doubt a plan: whose a late instance is cannot be told, only how many of them there are."""
        for doubt in doubts:
            for watch in [watch for watch in self._state.watches if watch.doubt.plan_id == doubt.plan_id]:
                self._state.watches.remove(watch)
                earlier = watch.doubt
                doubt.before, doubt.removing = earlier.before, earlier.removing
                doubt.count += earlier.count
            due = workflow.now() + timedelta(seconds=doubt.settle_seconds)
            self._state.watches.append(Watch(doubt=doubt, since=workflow.now(), due=due))

    def due_at(self) -> datetime | None:
        """When it has to be looked next; None if there is nothing to look for."""
        return min((watch.due for watch in self._state.watches), default=None)

    def due(self) -> list[Watch]:
        """What has to be looked for now, unless there is a purchase to provision: those come first."""
        if self._state.queue and self._state.subscription.status == "active":
            return []
        return [watch for watch in self._state.watches if watch.due <= workflow.now()]

    async def look(self, watch: Watch) -> None:
        """One look for late instances. A removal that SFT will not do is left to the next: purchases come first."""
        try:
            await self._remove(watch.doubt, time_limit=SURPLUS)
        except ApplicationError as failure:
            workflow.logger.warning("surplus add-ons not removed yet: %s", failure.message)
        self._tell("")
        watch.due = workflow.now() + (workflow.now() - watch.since)
        if watch.doubt.count == 0 or watch.due > watch.since + WATCH:
            self._state.watches.remove(watch)

    async def remove(self, doubt: Doubt) -> None:
        """Removes what an add-on that was not sold left on the endpoint, also if SFT makes it only now."""
        await self._remove(doubt)
        if doubt.count:
            settle = timedelta(seconds=doubt.settle_seconds)
            await workflow.sleep(settle, summary="SubscribeAddon was not answered: wait whether it is done late")
            await self._remove(doubt)

    async def outlast(self, doubts: list[Doubt], late_activations: int) -> bool:
        """Undoes what SFT did not answer and does only now, for WATCH. Whether the endpoint became active."""
        begin, used = workflow.now(), False
        while (late_activations > 0 or any(doubt.count for doubt in doubts)) and workflow.now() < begin + WATCH:
            self._tell(
                f"SFT may still do what it did not answer: looking again, until {begin + WATCH:%-d %b %Y, %H:%M} UTC."
            )
            look = await self._endpoint.look_at_status()
            if look.status == ACTIVE:
                await self._endpoint.suspend()
                late_activations, used = late_activations - 1, True
                count_unanswered("EndPointLifeCycleChange", "done_late")
            for doubt in doubts:
                await self._remove(doubt)
            pause = max(workflow.now() - begin, timedelta(seconds=max(1.0, look.settle_seconds)))
            await workflow.sleep(pause, summary="SFT may still do what it did not answer: look again after a pause")
        return used

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
            await patiently(AddonActivities.remove_surplus, removal, summary, self._tell, time_limit=time_limit)
            self._removed(doubt, doubt.removing)

    def _removed(self, doubt: Doubt, unique_ids: list[str]) -> None:
        self._state.subscription.surplus_removed.extend(unique_ids)
        count_unanswered("SubscribeAddon", "done_late", len(unique_ids))
        doubt.count -= len(unique_ids)
        doubt.removing = []
