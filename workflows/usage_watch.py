"""What is left of the add-ons: read on somebody's order, and by itself as often as the table of the cadence says."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError

from activities.messages import BACKGROUND, EsimToRead, UsageReading
from activities.usage import UsageActivities
from contract.addon import Addon
from contract.failure import SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
from contract.time_limits import SOON
from workflows.cadence import BEFORE_USE, is_low, next_look
from workflows.callers import MOST_REFRESHES
from workflows.counting import count_unmatched
from workflows.empty_esim import EmptyEsim
from workflows.outcome import type_of, words_of
from workflows.part import Part, Shared
from workflows.policies import BRISK, LOOK, LOOK_LIMIT, Policy
from workflows.sft_calls import call
from workflows.usage import news_of, read


class UsageWatch(Part):
    """Reads the usage of a subscription's add-ons, beside whatever else is going on: it changes nothing at SFT.

    ``next_look`` in the state is when it is read next, by the subscription's one timer.
    """

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._empty = EmptyEsim(shared)
        self._refreshing: asyncio.Task[None] | None = None

    def add_look(self) -> None:
        """There is one more add-on to look at."""
        due = workflow.now() + BEFORE_USE
        self._state.next_look = min(self._state.next_look or due, due)

    def look_soon(self) -> None:
        """There will be a look SOON from now, or when one was wanted before, whatever other looks there are."""
        wanted = self._state.wanted_look = self._state.wanted_look or workflow.now() + SOON
        self._state.next_look = min(self._state.next_look or wanted, wanted)

    async def look(self) -> None:
        """Looks because it is time to. A look that fails is left to the next one."""
        with suppress(ActivityError):
            self._apply(*await self._read(LOOK, Priority(priority_key=BACKGROUND), LOOK_LIMIT), in_background=True)
        self._notify()

    async def refresh(self) -> None:
        """Looks now, once for all who ask meanwhile; the oldest of many are not kept waiting for it.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if SFT does not answer after a few
                tries; the last reading stands.
        """
        self._callers.count()
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self.read_now())
        refreshing = self._refreshing
        await self._callers.wait("usage", refreshing.done, MOST_REFRESHES)
        if refreshing.done():
            await refreshing

    async def read_now(self) -> None:
        """Looks now.

        Raises:
            ApplicationError: as ``refresh``.
        """
        try:
            self._apply(*await self._read(BRISK), in_background=False)
        except ActivityError as error:
            raise ApplicationError(
                f"the usage of endpoint {self._state.subscription.endpoint_id} cannot be read right now "
                f"({words_of(error)}); the last reading stands, ask again later",
                type=SFT_AUTHENTICATION_FAILED if type_of(error) == SFT_AUTHENTICATION_FAILED else SFT_UNAVAILABLE,
                non_retryable=True,
            ) from error
        self._notify()

    async def _read(
        self, policy: Policy, priority: Priority | None = None, time_limit: timedelta | None = None
    ) -> tuple[UsageReading, list[Addon]]:
        # What is provisioned while SFT is being asked may be missing from its answer, and is not gone for that.
        known = self._purchases.provisioned()
        if self._state.wanted_look and self._state.wanted_look <= workflow.now():
            self._state.wanted_look = None
        sold = self._state.subscription
        esim = EsimToRead(endpoint_id=sold.endpoint_id, iccid=sold.iccid, msisdn=sold.msisdn)
        summary = f"Read what is left on endpoint {esim.endpoint_id}"
        reading = await call(
            UsageActivities.read_usage, esim, policy, summary, priority=priority, time_limit=time_limit
        )
        return reading, [addon for addon in known if self._purchases.is_shown(addon) and addon.status == "provisioned"]

    def _apply(self, reading: UsageReading, known: list[Addon], *, in_background: bool) -> None:
        self._state.channels = reading.channels
        self._state.suspend_empty_after_days = reading.suspend_empty_after_days
        self._display.set_digests(reading.digests)
        there = {instance.unique_id: instance for instance in reading.instances}
        for addon in known:
            track, instance = self._purchases.track(addon), there.get(addon.unique_id or "")
            if instance is None and addon.plan_id in reading.hidden_plans:  # it may be there: its last reading stands
                track.missed_since = track.missed_since and workflow.now()
                continue
            read(addon, track, instance, workflow.now(), reading.units)
            track.close_looks += in_background and addon.usage is not None and is_low(addon.usage, workflow.now())
        accounted = set(self._purchases.accounted())
        self._state.subscription.unmatched = [unique_id for unique_id in there if unique_id not in accounted]
        self._tell_unmatched()

    def _tell_unmatched(self) -> None:
        """Counts and logs what nobody here bought, once; not while SFT may still make something that somebody did."""
        is_provisioning = self._state.queue and self._state.subscription.status == "active"
        if is_provisioning or self._state.addon_watches:
            return
        unmatched, told = self._state.subscription.unmatched, self._state.unmatched_told
        if fresh := [unique_id for unique_id in unmatched if unique_id not in told]:
            count_unmatched(len(fresh))
            workflow.logger.warning("unmatched, nobody here bought it: add-on instance %s", ", ".join(fresh))
        self._state.unmatched_told = unmatched
        self._display.show_unmatched(len(unmatched))

    def _notify(self) -> None:
        """Sends the events that are due by what was read last, also if SFT does not answer just now, and sets the time
        of the next look. Nothing after the end.
        """
        if self._state.subscription.status == "closed":
            self._state.next_look = self._state.wanted_look = None
            self._display.refresh()
            return
        now = workflow.now()
        for addon in self._purchases.provisioned():
            track = self._purchases.track(addon)
            if news := news_of(addon, track, now):
                track.told += news
                self._events.notify(*news, addon=addon)
        self._purchases.keep_small()
        watched = [(addon, self._purchases.track(addon)) for addon in self._purchases.provisioned()]
        due, wanted = self._empty.next_look(next_look(watched, now)), self._state.wanted_look
        self._state.next_look = min(due or wanted, wanted) if wanted else due
        self._display.refresh()
