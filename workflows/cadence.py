"""How often a subscription looks at its usage by itself: all of it, in one table.

==========================================  =======================================================================
an add-on that                              is looked at again
==========================================  =======================================================================
was never read, or waits for its first use  after 12 hours; the first of an eSIM an hour after its claim
is in use                                   after 6 hours, and just when it has 24 hours left
has less than a fifth left                  after 1 hour, eight times in a period; after that every 6 hours
has less than 24 hours left                 after 1 hour, and 10 minutes after its end
was there, and all at once is not           after 10 minutes: one answer of SFT's may leave something out
is used up, but still on the endpoint       after 6 hours, and 10 minutes after its end: it may renew, early too
has ended, but is still on the endpoint     after 6 hours, for two days: a recurring one may renew late
is no longer on the endpoint                never
==========================================  =======================================================================

One look reads all add-ons of the endpoint, so the most urgent decides. A 30-day add-on takes 4 looks a day for 29
days, 24 in its last day, and eight beside them: fewer than 150. ``refresh_usage`` is a look too: the next is put off.
"""

from datetime import datetime, timedelta
from typing import Final

from contract.addon import Addon, Usage
from workflows.state import Track
from workflows.usage import SETTLED, TOLD_BEFORE

BEFORE_USE: Final = timedelta(hours=12)
IN_USE: Final = timedelta(hours=6)
CLOSE: Final = timedelta(hours=1)

CLOSE_LOOKS: Final = 8
"""Hourly looks at an add-on with little left and much time: what is left of 150 in 30 days."""

LATE_RENEWAL: Final = timedelta(days=2)


def next_look(addons: list[tuple[Addon, Track]], now: datetime) -> datetime | None:
    """When usage has to be read next; None if there is nothing to look at."""
    return min((due for addon, track in addons if (due := _due(addon.usage, track, now))), default=None)


def is_low(usage: Usage, now: datetime) -> bool:
    """Whether little is left although the end is not near: where an hourly look counts against ``CLOSE_LOOKS``."""
    ends_soon = usage.expires_at is not None and usage.expires_at - TOLD_BEFORE <= now
    return usage.state == "in_use" and usage.remaining_bytes * 5 < usage.granted_bytes and not ends_soon


def _due(usage: Usage | None, track: Track, now: datetime) -> datetime | None:
    if track.gone:
        return None
    if track.missed_since:
        return track.missed_since + SETTLED
    if usage is None or usage.state == "waiting_for_first_use":
        return now + BEFORE_USE
    end = usage.expires_at
    if usage.state == "in_use":
        return _due_in_use(usage, track, now)
    if end is None:
        return now + BEFORE_USE
    if now < end + SETTLED:
        return min(now + IN_USE, end + SETTLED) if usage.state == "used_up" else end + SETTLED
    return now + IN_USE if now < end + LATE_RENEWAL else None


def _due_in_use(usage: Usage, track: Track, now: datetime) -> datetime:
    low = is_low(usage, now) and track.close_looks <= CLOSE_LOOKS
    if usage.expires_at is None:
        return now + (CLOSE if low else IN_USE)
    if now < usage.expires_at - TOLD_BEFORE:
        return min(now + (CLOSE if low else IN_USE), usage.expires_at - TOLD_BEFORE)
    next_hour = now + CLOSE
    return usage.expires_at + SETTLED if now < usage.expires_at <= next_hour else next_hour
