"""How often a subscription looks at its usage by itself: all of it, in one table.

==========================================  ==================================  =======================================
an add-on that                              is looked at again                  where SFT's callbacks announce the rest
==========================================  ==================================  =======================================
was never read                              after 12 hours                      after 12 hours
waits for its first use                     after 12 hours                      after 3 days
is in use                                   after 6 hours                       after 6 hours
has less than a fifth left                  after 1 hour, for 8 hours           after a day
has 24 hours left                           just then                           just then
has less than 24 hours left                 after 1 hour                        as before
was to end                                  10 minutes after its end            10 minutes after its end
was to end, and is as it was                after 1 hour                        after 1 hour
was there, and all at once is not           after 10 minutes                    after 10 minutes
is used up, but still on the endpoint       after 6 hours                       after a day
has ended, but is still on the endpoint     after 6 hours, for two days         after a day, for two days
is no longer on the endpoint                never                               never
==========================================  ==================================  =======================================

One look reads all add-ons of the endpoint, so the most urgent decides; the first of an eSIM is an hour after its claim.
No pause is longer than the table says. Those of 6 hours and more are shorter, by up to 3 percent: by as much for each
eSIM as its endpoint id tells, so that looks which an outage brought into step do not stay so.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from activities.watched_esim import Cadence, Pace, has_little_left
from contract.addon import Addon, Usage
from workflows.state import Track
from workflows.usage import SETTLED, TOLD_BEFORE

BEFORE_USE: Final = timedelta(hours=12)
IN_USE: Final = timedelta(hours=6)
CLOSE: Final = timedelta(hours=1)

ANNOUNCED_USE: Final = timedelta(days=3)
"""Before a first use that SFT announces: after so long, one is found whose announcement got lost."""

ANNOUNCED_END: Final = timedelta(days=1)
"""The same before an end, or a renewal."""

CLOSE_LOOKS: Final = 8
"""Hourly looks at an add-on with little left and much time, once in a period."""

LATE_RENEWAL: Final = timedelta(days=2)

JITTER: Final = 0.03
"""The part of a long pause by which it is shorter, at most."""

MOST_PACES: Final = 6
"""One after the other, before it is all reckoned anew: enough for some add-ons that end one after the other."""


def cadence(
    addons: list[tuple[Addon, Track]], now: datetime, endpoint_id: str = "", *, is_announced: bool = False
) -> Cadence | None:
    """When to look for as long as nothing changes; None if there is nothing to look at."""
    each = [found for addon, track in addons if (found := _of(addon.usage, track, now, is_announced=is_announced))]
    if not each:
        return None
    until = min((one.until for one in each if one.until), default=None)
    ends = {pace.until for one in each for pace in one.paces if pace.until and now < pace.until}
    ends_before = sorted(end for end in ends if until is None or end < until)
    if len(ends_before) > MOST_PACES:
        until = ends_before[MOST_PACES]
    paces, begin = list[Pace](), now
    for end in [*ends_before[:MOST_PACES], until]:
        every = [pace.every for one in each if begin is not None and (pace := one.pace_at(begin))]
        if every:
            paces.append(Pace(every=_shortened(min(every), endpoint_id), until=end))
        begin = end or begin
    return Cadence(paces=paces, until=until)


def is_low(usage: Usage, now: datetime) -> bool:
    """Whether little is left although the end is not near."""
    ends_soon = usage.expires_at is not None and usage.expires_at - TOLD_BEFORE <= now
    return usage.state == "in_use" and has_little_left(usage.granted_bytes, usage.remaining_bytes) and not ends_soon


def _shortened(pause: timedelta, endpoint_id: str) -> timedelta:
    if pause < IN_USE:
        return pause
    share = int.from_bytes(hashlib.blake2b(endpoint_id.encode(), digest_size=4).digest()) / 2**32
    return timedelta(seconds=round(pause.total_seconds() * (1 - JITTER * share)))


def _of(usage: Usage | None, track: Track, now: datetime, *, is_announced: bool) -> Cadence | None:
    if track.gone:
        return None
    if track.missed_since:
        return Cadence(until=track.missed_since + SETTLED)
    if usage is None:
        return Cadence(paces=[Pace(every=BEFORE_USE)])
    if usage.state == "waiting_for_first_use":
        return Cadence(paces=[Pace(every=ANNOUNCED_USE if is_announced else BEFORE_USE)])
    if usage.state == "in_use":
        return _in_use(usage, track, now, is_announced=is_announced)
    end, slowly = usage.expires_at, ANNOUNCED_END if is_announced else IN_USE
    if end is None:
        return Cadence(paces=[Pace(every=max(slowly, BEFORE_USE))])
    if now >= end + LATE_RENEWAL:
        return None
    paces = [Pace(every=slowly, until=moment) for moment in (end + SETTLED, end + LATE_RENEWAL)]
    return Cadence(paces=paces, until=end + LATE_RENEWAL)


def _in_use(usage: Usage, track: Track, now: datetime, *, is_announced: bool) -> Cadence:
    end, has_little = usage.expires_at, has_little_left(usage.granted_bytes, usage.remaining_bytes)
    paces, pause = list[Pace](), ANNOUNCED_END if is_announced and has_little else IN_USE
    if is_low(usage, now) and track.close_until and not is_announced:
        paces.append(Pace(every=CLOSE, until=track.close_until))
    if end is None:
        return Cadence(paces=[*paces, Pace(every=pause)])
    if now < end - TOLD_BEFORE:
        warning = end - TOLD_BEFORE
        return Cadence(paces=[*paces, Pace(every=pause, until=warning)], until=warning)
    if now < end:
        # None within an hour before the end: the next is when SFT has had the time to drop it, or to renew it.
        last = Pace(every=pause) if is_announced else Pace(every=CLOSE, until=end - CLOSE)
        return Cadence(paces=[last], until=end + SETTLED)
    return Cadence(paces=[Pace(every=CLOSE)])
