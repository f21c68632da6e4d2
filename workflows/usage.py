"""What a reading of an endpoint says about one add-on. Usage is found by uniqueId, never by plan."""

from datetime import datetime, timedelta
from typing import Final

from activities.messages import InstanceReading
from activities.watched_esim import TOLD_AT, state_of, used_share
from contract.addon import Addon, Usage
from contract.amounts import DataUnits
from contract.event import EventType
from workflows.state import Track

TOLD_BEFORE: Final = timedelta(hours=24)
"""How long before an add-on ends its traveler is told."""

SETTLED: Final = timedelta(minutes=10)
"""How long an add-on has to be missing before its end until that is believed: one answer of SFT's may leave something
out. It is also how long after its end SFT can be expected to have dropped or renewed it (assumption)."""

NEAR_ITS_END: Final = timedelta(hours=2)
"""What SFT drops so shortly before its end has expired: clocks and time zones differ."""

ENDS: Final[tuple[EventType, ...]] = ("addon_used_up", "addon_expired")

MUCH: Final = 0.2
"""The share of an add-on by which what is left grows if it is full again: SFT corrects by less (assumption)."""


def read(
    addon: Addon, track: Track, instance: InstanceReading | None, now: datetime, units: DataUnits = "decimal"
) -> None:
    """Fills in the usage of an add-on. One that SFT has dropped keeps its last reading, and gets its final state."""
    if instance is None:
        track.missed_since = track.missed_since or now
        track.gone = _is_over(addon.usage, now) or now - track.missed_since >= SETTLED
        addon.usage = _ended(addon.usage, now)
        return
    is_back = track.missed_since is not None
    track.missed_since, track.gone = None, False
    last = addon.usage
    granted, remaining = instance.granted_bytes, instance.remaining_bytes
    if last and (granted is None or remaining is None):  # its dates may be news all the same
        granted, remaining = last.granted_bytes, last.remaining_bytes
    if granted is None or remaining is None:
        if instance.expires_at is None:
            return
        granted = remaining = 0  # it is not known how much there is (unlimited, maybe), but when it ends
    addon.usage = Usage(
        granted_bytes=max(0, granted),
        remaining_bytes=max(0, remaining),
        state=state_of(granted, remaining, instance.starts_at, instance.expires_at, now),
        starts_at=instance.starts_at,
        expires_at=instance.expires_at,
        as_of=now,
        units=units,
    )
    if last and _has_renewed(last, addon.usage):
        track.told, track.close_until = [], None
    else:
        track.told = _still_told(track, addon.usage, is_back or (last is not None and last.state == "expired"))


def _still_told(track: Track, usage: Usage, was_over: bool) -> list[str]:
    """What need not be told again: not an end that was none, nor that an end is near that has been put off."""
    is_usable = usage.state in ("waiting_for_first_use", "in_use")
    taken_back: set[str] = set(ENDS) if is_usable and was_over else set()
    if usage.expires_at and usage.as_of < usage.expires_at - TOLD_BEFORE:
        taken_back.add("addon_expires_soon")
    return [event for event in track.told if event not in taken_back]


def news_of(addon: Addon, track: Track, now: datetime) -> list[EventType]:
    """What has to be told about an add-on by now and was not told yet, the most important last.

    The end of the time is known before it comes, so its warning does not depend on SFT's being there just then.
    """
    usage = addon.usage
    if usage is None or usage.state == "waiting_for_first_use" or (track.missed_since and not track.gone):
        return []
    if usage.state in ("used_up", "expired") and any(event in track.told for event in ENDS):
        return []  # it ends once, whatever SFT shows of it after that
    due: list[EventType] = []
    if usage.state == "expired":
        due.append("addon_expired")
    else:
        if usage.state == "used_up" or used_share(usage.granted_bytes, usage.remaining_bytes) >= TOLD_AT:
            due.append("addon_used_80_percent")
        if usage.state == "used_up":
            due.append("addon_used_up")
        elif usage.expires_at and usage.expires_at - TOLD_BEFORE <= now < usage.expires_at:
            due.append("addon_expires_soon")
    return [event for event in due if event not in track.told]


def _ended(last: Usage | None, now: datetime) -> Usage:
    if last is None:  # gone before it was read for the first time: how much there was is not known
        return Usage(granted_bytes=0, remaining_bytes=0, state="used_up", starts_at=None, expires_at=None, as_of=now)
    if last.state in ("used_up", "expired"):
        return last
    expired = last.state == "waiting_for_first_use" or _has_passed(last.expires_at, now + NEAR_ITS_END)
    return last.model_copy(update={"state": "expired" if expired else "used_up"})


def _is_over(last: Usage | None, now: datetime) -> bool:
    """Whether it can be no surprise that SFT has dropped it."""
    return last is not None and (last.remaining_bytes == 0 or _has_passed(last.expires_at, now + NEAR_ITS_END))


def _has_passed(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now


def _has_renewed(last: Usage, now: Usage) -> bool:
    """Whether a period of a recurring add-on has begun, in time or early. It keeps its uniqueId (assumption)."""
    if now.state == "waiting_for_first_use":
        return last.state != "waiting_for_first_use"
    if now.starts_at and last.expires_at and now.starts_at >= last.expires_at:
        return True
    if now.starts_at and last.starts_at and now.starts_at > max(last.starts_at, last.as_of):
        return True  # early: it began after the last reading, however much of it is used by now
    grown = now.remaining_bytes - last.remaining_bytes
    ends = (last.expires_at, now.expires_at)
    lasts_longer = ends[0] is not None and ends[1] is not None and ends[1] - ends[0] >= timedelta(days=1)
    is_known = last.granted_bytes > 0
    return is_known and grown > 0 and (lasts_longer or grown >= MUCH * now.granted_bytes)
