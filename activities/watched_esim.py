"""An eSIM whose usage is watched: when it is looked at, and what a look has to find to be news.

One activity watches it for weeks. Its failing is the waiting: a look that finds what is known fails, and Temporal tries
it again when the next one is due, which is one billed action and leaves nothing in the history. The rule of what is
news is here alone, for the worker that looks and for the workflow that knows.
"""

from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from activities.messages import Channel, EsimToRead, InstanceReading, UsageReading
from contract.addon import UsageState
from contract.esim import EsimDigests
from contract.message import Message
from sft.plan_id import is_among

TOLD_AT: Final = 0.8
"""The share of an add-on that is used when its traveler is told for the first time."""

MOVED: Final = 0.2
"""The share of an add-on by which what is left has to move to be news. It is why what is shown may be older than the
last look, and what makes five readings of an add-on that is used up, where ten of them would cost as many looks more
as a tenth of a month has."""

LOOK_LIMIT: Final = timedelta(minutes=20)
"""How long SFT is waited for when something has to be decided at a moment. Then it is, by what was read last."""


class Pace(Message):
    """How often it is looked at, up to a moment at which there is a look, too; None is for good."""

    every: timedelta
    until: datetime | None = None


class Cadence(Message):
    """When it is looked at for as long as nothing changes."""

    paces: list[Pace] = Field(default_factory=list)
    """One after the other. Those whose end has passed count no more."""
    until: datetime | None = None
    """When it is at last, because something has to be decided then, whatever is found; None for no such time."""

    def pace_at(self, moment: datetime) -> Pace | None:
        """The pace that counts at this moment; None if it is looked at once more at most."""
        return next((pace for pace in self.paces if pace.until is None or moment < pace.until), None)

    def due_after(self, look: datetime) -> datetime | None:
        """When the next look is due, after one at this moment; None if there is none."""
        pace = self.pace_at(look)
        if pace is None:
            return self.until
        return min(due for due in (look + pace.every, pace.until, self.until) if due)


class KnownAddon(Message):
    """What is known of an add-on that may be on the endpoint: what was read last. ``state`` is None before that."""

    unique_id: str
    plan_id: str
    state: UsageState | None = None
    granted_bytes: int = 0
    remaining_bytes: int = 0
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    is_missed: bool = False
    """Whether the last reading did not find it."""


class WatchedEsim(EsimToRead):
    """The eSIM, when to look at it, and what is known: the first look that finds something else is answered."""

    known: list[KnownAddon] = Field(default_factory=list)
    others: list[str] = Field(default_factory=list)
    """uniqueIds of what else was on the endpoint."""
    channels: list[Channel] = Field(default_factory=list)
    suspend_empty_after_days: int | None = None
    digests: EsimDigests = Field(default_factory=EsimDigests)
    is_announced: bool = False
    is_limited: bool = False
    """These five are what the worker said that looked last, as in ``UsageReading``."""
    not_before: datetime
    """When the first look is due."""
    cadence: Cadence
    """When it is looked at after that."""

    def due_after(self, look: datetime) -> datetime:
        """When the next look is due, after one at this moment."""
        return self.cadence.due_after(look) or look

    def due_at(self, now: datetime) -> datetime:
        """When the next look is due, if all of them were made that were due by now, and found nothing new."""
        due = self.not_before
        while due <= now and due < (later := self.due_after(due)):
            due = later
        return due

    def taken_over_at(self, now: datetime) -> datetime:
        """When another watch has to look first that takes this one's place. A look that was due just now may still be
        under way, or wait for its turn, and what it finds is lost."""
        return max(now, due) if (due := self.due_at(now - LOOK_LIMIT)) <= now else due

    def is_last(self, now: datetime) -> bool:
        """Whether a look at this moment is answered whatever it finds."""
        return self.cadence.until is not None and self.cadence.until <= now

    def is_news(self, reading: UsageReading, now: datetime) -> bool:
        """Whether the workflow has to know of what was read at this moment."""
        there = {instance.unique_id: instance for instance in reading.instances}
        if there.keys() - {addon.unique_id for addon in self.known} != set(self.others):
            return True
        for name in ("channels", "suspend_empty_after_days", "digests", "is_announced", "is_limited"):
            if getattr(reading, name) != getattr(self, name):
                return True
        return any(
            _is_news(addon, there.get(addon.unique_id), now, is_hidden=is_among(addon.plan_id, reading.hidden_plans))
            for addon in self.known
        )


def _is_news(known: KnownAddon, instance: InstanceReading | None, now: datetime, *, is_hidden: bool) -> bool:
    if instance is None:
        return not known.is_missed and not is_hidden
    if known.is_missed:
        return True
    granted, remaining = instance.granted_bytes, instance.remaining_bytes
    if granted is None or remaining is None:
        if known.state is None and instance.expires_at is None:
            return False  # there is nothing that could be shown of it
        granted, remaining = known.granted_bytes, known.remaining_bytes
    dates = (instance.starts_at, instance.expires_at)
    if (granted, *dates) != (known.granted_bytes, known.starts_at, known.expires_at):
        return True
    if abs(remaining - known.remaining_bytes) >= MOVED * granted > 0:
        return True
    state = state_of(granted, remaining, *dates, now)
    return (state, *_marks(granted, remaining)) != (known.state, *_marks(granted, known.remaining_bytes))


def _marks(granted: int, remaining: int) -> tuple[bool, bool]:
    """What is told, and what makes the next looks come sooner."""
    return used_share(granted, remaining) >= TOLD_AT, has_little_left(granted, remaining)


def used_share(granted: int, remaining: int) -> float:
    """How much of an add-on is used, from 0 to 1."""
    return 1 - remaining / granted if granted else 0.0


def has_little_left(granted: int, remaining: int) -> bool:
    """Whether less than a fifth is left."""
    return remaining * 5 < granted


def state_of(
    granted: int, remaining: int, starts_at: datetime | None, expires_at: datetime | None, now: datetime
) -> UsageState:
    """What state an add-on is in that is on the endpoint at this moment."""
    if remaining <= 0 < granted:
        return "used_up"
    if expires_at is not None and expires_at <= now:
        return "expired"
    if remaining == granted and (starts_at is None or starts_at > now):
        return "waiting_for_first_use"
    return "in_use"


class WatchedUsage(Message):
    """What was found. ``reading`` is None if SFT did not answer when something had to be decided, and if it was not
    asked, because it may be asked from another task queue only."""

    reading: UsageReading | None = None
    is_limited: bool = False
    """As in ``UsageReading``."""
    looked_at: datetime | None = None
    """When the look began; None if there was none."""
