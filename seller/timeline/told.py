"""Which events the portal and travelers were told, as the histories of runs have them: no worker has to answer.

Nothing is kept for it beside what Temporal keeps: an event is known for as long as the run is in which it was told.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from contract.event import Event
from contract.message import Message
from contract.sale_entry import Moment
from contract.workflow_ids import endpoint_id_of, is_subscription_id, subscription_id
from seller.search import Search, listed
from seller.server import Server
from seller.timeline.attempt import Activity, activities_of
from seller.timeline.gathering import Gathering
from seller.timeline.opened import OpenedRun
from seller.timeline.wanted import AT_ONCE, Wanted

TELLING: Final = "WorkflowType = 'TellPortalWorkflow'"

MOMENT: Final = TypeAdapter[datetime](Moment)

MOST_LISTED: Final = 100_000
"""Runs that are read, the newest first."""

Outcome = Literal["taken", "waiting", "given_up"]


class Told(Message):
    """What became of an event on its way to the portal, or by mail to the traveler; ``reason`` says why it was given
    up."""

    outcome: Outcome
    reason: str | None = None


class ToldEvent(Message):
    """An event, and whom it was told: None for who is not told of it, or not yet. ``at`` is when that was begun, in
    UTC; ``cursor`` says where it stands in the list."""

    at: datetime
    cursor: str
    event: Event
    to_portal: Told | None = None
    to_traveler: Told | None = None


class ToldEvents(Message):
    """Events in the order in which it was begun to tell them. ``next`` is the cursor to go on after, None at the end;
    ``gaps`` are sentences about what there was and cannot be told."""

    events: list[ToldEvent]
    next: str | None
    gaps: list[str]


LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class After:
    """Where a list begins: with what was begun to be told at this moment, or behind the event of a cursor."""

    moment: datetime = LONG_AGO
    event_id: str = ""

    @classmethod
    def parse(cls, text: str) -> "After":
        """From a moment, or a cursor. Raises ValueError for what is neither."""
        moment, _, event_id = text.partition("/")
        return cls(MOMENT.validate_python(moment), event_id)


def cursor_of(at: datetime, event_id: str) -> str:
    """What ``After.parse`` finds this event by."""
    return f"{at.isoformat().replace('+00:00', 'Z')}/{event_id}"


async def told(
    server: Server, after: After, limit: int, traveler_id: str | None = None, endpoint_id: str | None = None
) -> ToldEvents:
    """What was told after that: of one eSIM, or of everything of a traveler, or of everybody.

    Raises NoAnswer if the server does not answer in time.
    """
    reading = _Reading(server, after, traveler_id)
    await reading.all(endpoint_id)
    found = sorted(
        (one for one in reading.events.values() if (one.at, one.event.event_id) > (after.moment, after.event_id)),
        key=lambda one: (one.at, one.event.event_id),
    )
    return ToldEvents(
        events=found[:limit],
        next=found[limit - 1].cursor if len(found) > limit else None,
        gaps=list(dict.fromkeys(reading.gaps)),
    )


class _Reading:
    """The events of many runs, by their ids."""

    def __init__(self, server: Server, after: After, traveler_id: str | None) -> None:
        self._server = server
        self._after = after
        self._traveler_id = traveler_id
        self._one_of_few = asyncio.Semaphore(AT_ONCE)
        self.events: dict[str, ToldEvent] = {}
        self.gaps: list[str] = []

    async def all(self, endpoint_id: str | None) -> None:
        """Reads the runs of one eSIM; or else those of every eSIM that it may be about, and what sales had told."""
        if endpoint_id is not None:
            await self._read(subscription_id(endpoint_id))
            return
        since = self._after.moment
        # What visibility takes for a time.
        lately = f" AND (ExecutionStatus = 'Running' OR CloseTime >= '{since:%Y-%m-%dT%H:%M:%SZ}')"
        lately = lately if 2000 <= since.year < 2200 else ""
        whose = Search(traveler_id=self._traveler_id).query
        runs = await listed(self._server, f"{whose}{lately}", MOST_LISTED)
        sales = await listed(self._server, f"{TELLING}{lately}", MOST_LISTED)
        await asyncio.gather(*map(self._read, dict.fromkeys(run.id for run in (*runs, *sales))))

    async def _read(self, workflow_id: str) -> None:
        gathering = Gathering(self._server, self._wanted(workflow_id))
        async with self._one_of_few:
            runs = [run async for run in self._young(gathering, workflow_id)]
        for run in reversed(runs):
            self._take(run)
        self.gaps += gathering.gaps

    def _wanted(self, workflow_id: str) -> Wanted:
        def is_theirs(given: dict[str, dict[str, str]]) -> bool:
            return self._traveler_id in (None, given["subscription"]["traveler_id"])

        endpoints = {endpoint_id_of(workflow_id)} if is_subscription_id(workflow_id) else set()
        return Wanted(endpoints=endpoints, is_theirs=is_theirs)

    async def _young(self, gathering: Gathering, workflow_id: str) -> AsyncIterator[OpenedRun]:
        """The newest first, down to the one that had begun before: what it was told by then is in no older one."""
        async for run in gathering.runs_of(workflow_id):
            if gathering.belongs(run):
                yield run
            if run.events[0].event_time.ToDatetime(UTC) <= self._after.moment:
                return

    def _take(self, run: OpenedRun) -> None:
        for activity in activities_of(run.events).values():
            if activity.name not in ("post_event", "send_notice"):
                continue
            if event := _event_in(activity):
                self._take_event(event, activity)

    def _take_event(self, event: Event, activity: Activity) -> None:
        """The last of several attempts to tell the same, in run after run, says what became of it."""
        if self._traveler_id not in (None, event.traveler_id):
            return
        at = activity.scheduled
        known = self.events.setdefault(
            event.event_id, ToldEvent(at=at, cursor=cursor_of(at, event.event_id), event=event)
        )
        if activity.name == "post_event":
            known.to_portal = _told(activity)
        else:
            known.to_traveler = _told(activity)


def _event_in(activity: Activity) -> Event | None:
    """None where it cannot be read here."""
    try:
        return Event.model_validate(activity.asked.get("event", activity.asked))
    except ValidationError:
        return None


def _told(activity: Activity) -> Told:
    if activity.is_done:
        return Told(outcome="taken")
    if activity.ended is None or activity.is_cancelled:  # it was called back: the next run goes on
        return Told(outcome="waiting")
    return Told(outcome="given_up", reason=activity.failure.said if activity.failure else None)
