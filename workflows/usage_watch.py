"""What is left of the add-ons: read on somebody's order, and by itself as often as the table of the cadence says."""

import asyncio
from contextlib import suppress
from datetime import datetime

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError

from activities.messages import BACKGROUND, EsimToRead, UsageReading
from activities.usage import UsageActivities
from activities.watched_esim import Cadence, KnownAddon, WatchedEsim, WatchedUsage
from contract.addon import Addon
from contract.task_queues import looks_task_queue
from contract.time_limits import SOON
from sft.plan_id import is_among
from workflows.cadence import BEFORE_USE, CLOSE, CLOSE_LOOKS, cadence, is_low
from workflows.callers import MOST_REFRESHES
from workflows.counting import count_unmatched
from workflows.empty_esim import EmptyEsim
from workflows.outcome import not_answered, words_of
from workflows.part import Part, Shared
from workflows.policies import BRISK, LOOK
from workflows.sft_calls import call
from workflows.state import Track
from workflows.usage import news_of, read


class UsageWatch(Part):
    """Reads the usage of a subscription's add-ons, beside whatever else is going on: it changes nothing at SFT.

    ``next_look`` in the state is when it is read next, for as long as nobody watches; None if nothing has to be.
    """

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._empty = EmptyEsim(shared)
        self._refreshing: asyncio.Task[None] | None = None
        self._watched: WatchedEsim | None = None
        self._watching: asyncio.Task[WatchedUsage] | None = None
        self._is_overtaken = False
        """Whether what is watched is not what there is to watch any more."""

    @property
    def has_news(self) -> bool:
        """Whether something was found that is not taken in yet."""
        return self._watching is not None and self._watching.done()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to look at, until something is bought or seen to happen."""
        return self._watched is None and self._state.next_look is None

    def add_look(self) -> None:
        """There is one more add-on to look at."""
        self._want(workflow.now() + BEFORE_USE)

    def look_soon(self) -> None:
        """There will be a look SOON from now, or when one was wanted before, whatever other looks there are."""
        now, wanted = workflow.now(), self._state.wanted_look
        self._state.wanted_look = wanted = wanted if wanted and now < wanted else now + SOON
        # An earlier look may come too early, and would be the only one.
        self._want(wanted, is_known=self._watched is not None and self._watched.is_last(wanted))

    def _want(self, due: datetime, *, is_known: bool = True) -> None:
        now, watched, planned = workflow.now(), self._watched, self._state.next_look
        if watched and (due < watched.due_at(now) or not is_known):
            self._state.next_look, self._is_overtaken = min(due, watched.taken_over_at(now)), True
        elif not watched and (planned is None or due < planned):
            self._state.next_look = due

    def leave_to_next_run(self) -> None:
        """This run ends, and the next one watches."""
        if self._watched:
            self._state.next_look = self._watched.taken_over_at(workflow.now())

    async def watch(self) -> None:
        """Has it watched until there is something new, or something has to be decided; or until it is overtaken by what
        happens here. One activity does, for weeks. Where it is ended from outside, it is begun anew.
        """
        esim, self._is_overtaken = self._to_watch(), False
        self._watched = esim
        self._watching = task = asyncio.create_task(self._watch(esim))
        try:
            await workflow.wait_condition(lambda: task.done() or self._is_overtaken or self._is_closed)
        finally:
            task.cancel()
        self._watched = self._watching = None
        if task.done() and not task.cancelled():
            self._take(esim, task.result())
        elif self._is_closed:
            self._notify()

    def _take(self, esim: WatchedEsim, watched: WatchedUsage) -> None:
        if watched.reading:
            self._apply(watched.reading, self._found_by(esim, watched.reading))
        elif watched.is_limited and not esim.is_limited:  # it is due, and has yet to be looked from where that counts
            self._state.is_limited, self._state.next_look = True, workflow.now()
            return
        self._notify(watched.looked_at)

    async def _watch(self, esim: WatchedEsim) -> WatchedUsage:
        queue = workflow.info().task_queue
        with suppress(ActivityError):
            return await call(
                UsageActivities.watch_usage,
                esim,
                LOOK,
                f"Watch what is left on endpoint {esim.endpoint_id}",
                task_queue=queue if esim.is_limited else looks_task_queue(queue),
                priority=Priority(priority_key=BACKGROUND),
            )
        return WatchedUsage(is_limited=esim.is_limited)

    def _to_watch(self) -> WatchedEsim:
        state, now = self._state, workflow.now()
        not_before = state.next_look or now
        # Nothing to look at but once: an eSIM that is empty for long, or to which something seems to have happened.
        found = self._cadence() or Cadence(until=not_before)
        # Who wants a look wants to see what was read, however little it moved.
        until = min((moment for moment in (found.until, state.wanted_look) if moment), default=None)
        known = [_known(addon, track) for addon, track in self._to_look_at()]
        # What nobody bought is news for as long as that has not been told, and once more when it has gone.
        others = {*state.also_there} - {*state.subscription.unmatched} | {*state.unmatched_told}
        return WatchedEsim(
            **self._esim().model_dump(),
            known=known,
            others=sorted(others - {addon.unique_id for addon in known}),
            channels=state.channels,
            suspend_empty_after_days=state.suspend_empty_after_days,
            digests=state.digests,
            is_announced=state.is_announced,
            is_limited=state.is_limited,
            not_before=not_before,
            cadence=Cadence(paces=found.paces, until=max(until, not_before, now) if until else None),
        )

    def _to_look_at(self) -> list[tuple[Addon, Track]]:
        tracked = ((addon, self._purchases.track(addon)) for addon in self._purchases.provisioned())
        return [(addon, track) for addon, track in tracked if not track.gone]

    def _cadence(self) -> Cadence | None:
        endpoint_id = self._state.subscription.endpoint_id
        return cadence(self._to_look_at(), workflow.now(), endpoint_id, is_announced=self._state.is_announced)

    def _found_by(self, esim: WatchedEsim, reading: UsageReading) -> list[Addon]:
        """What the reading tells of: what is provisioned while SFT is being asked may be missing, and is not gone."""
        told = {addon.unique_id for addon in esim.known} | {instance.unique_id for instance in reading.instances}
        return [addon for addon in self._purchases.provisioned() if addon.unique_id in told]

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

    async def read_now(self, priority: Priority | None = None) -> None:
        """Looks now.

        Raises:
            ApplicationError: as ``refresh``.
        """
        # What is provisioned while SFT is being asked may be missing from its answer, and is not gone for that.
        known, esim, began = self._purchases.provisioned(), self._esim(), workflow.now()
        summary = f"Read what is left on endpoint {esim.endpoint_id}"
        try:
            reading = await call(UsageActivities.read_usage, esim, BRISK, summary, priority=priority)
        except ActivityError as error:
            raise not_answered(
                f"the usage of endpoint {self._state.subscription.endpoint_id} cannot be read right now "
                f"({words_of(error)}); the last reading stands, ask again later",
                error,
            ) from error
        if self._watched is None or self._watched.is_news(reading, workflow.now()):
            self._is_overtaken = True
        self._apply(reading, known)
        self._notify(began)

    def _esim(self) -> EsimToRead:
        sold = self._state.subscription
        return EsimToRead(endpoint_id=sold.endpoint_id, iccid=sold.iccid, msisdn=sold.msisdn)

    def _apply(self, reading: UsageReading, known: list[Addon]) -> None:
        now = workflow.now()
        self._state.channels = reading.channels
        self._state.is_announced, self._state.is_limited = reading.is_announced, reading.is_limited
        self._state.suspend_empty_after_days = reading.suspend_empty_after_days
        self._display.set_digests(reading.digests)
        there = {instance.unique_id: instance for instance in reading.instances}
        for addon in known:
            if addon.status != "provisioned" or not self._purchases.is_shown(addon):  # by now
                continue
            track, instance = self._purchases.track(addon), there.get(addon.unique_id or "")
            if instance is None and is_among(addon.plan_id, reading.hidden_plans):
                # It may be there: its last reading stands.
                track.missed_since = track.missed_since and now
                continue
            read(addon, track, instance, now, reading.units)
            if addon.usage and is_low(addon.usage, now):
                track.close_until = track.close_until or now + CLOSE_LOOKS * CLOSE
        watched, accounted = {addon.unique_id for addon, _ in self._to_look_at()}, set(self._purchases.accounted())
        # What was taken off, and paid back maybe, is nobody's if it is there again.
        accounted -= {addon.unique_id for addon in self._state.subscription.addons if addon.status == "removed"}
        self._state.also_there = [unique_id for unique_id in there if unique_id not in watched]
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

    @property
    def _is_closed(self) -> bool:
        return self._state.subscription.status == "closed"

    def _notify(self, looked_at: datetime | None = None) -> None:
        """Sends the events that are due by what was read last, also if SFT does not answer just now, and sets the time
        of the next look, unless that is looked after. Nothing after the end. ``looked_at`` is when the last look began.
        """
        if self._is_closed:
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
        if self._watched is None or self._is_overtaken:
            self._plan(now, looked_at)
        self._display.refresh()

    def _plan(self, now: datetime, looked_at: datetime | None) -> None:
        found, wanted = self._cadence(), self._state.wanted_look
        due = self._empty.next_look(found.due_after(now) if found else None)
        if wanted and looked_at and wanted <= looked_at:
            wanted = self._state.wanted_look = None
        self._state.next_look = min(due or wanted, wanted) if wanted else due


def _known(addon: Addon, track: Track) -> KnownAddon:
    read_last = addon.usage.model_dump(include=set(KnownAddon.model_fields)) if addon.usage else {}
    ids = {"unique_id": addon.unique_id or "", "plan_id": addon.plan_id}
    return KnownAddon(**ids, **read_last, is_missed=track.missed_since is not None)
