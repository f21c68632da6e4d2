"""What a reading of an endpoint says about one add-on. Usage is found by uniqueId, never by plan."""

from datetime import datetime, timedelta
from typing import Final

from activities.messages import InstanceReading
from domain.addon import Addon, Usage, UsageState
from domain.event import EventType
from workflows.state import SURE, Track

TOLD_AT: Final = 0.8
"""The share of an add-on that is used when its traveler is told for the first time."""

TOLD_BEFORE: Final = timedelta(hours=24)
"""How long before an add-on ends its traveler is told."""


def read(addon: Addon, track: Track, instance: InstanceReading | None, now: datetime) -> None:
    """Fills in the usage of an add-on. One that SFT has dropped keeps its last reading, and gets its final state."""
    if instance is None:
        track.missed = SURE if addon.usage and _is_over(addon.usage, now) else min(SURE, track.missed + 1)
        addon.usage = _ended(addon.usage, now)
        return
    track.missed = 0
    granted, remaining = instance.granted_bytes, instance.remaining_bytes
    if granted is not None and remaining is not None:
        if addon.usage and _has_renewed(addon.usage, instance):
            track.told, track.close_looks = [], 0
        addon.usage = Usage(
            granted_bytes=max(0, granted),
            remaining_bytes=max(0, remaining),
            state=_state(granted, remaining, instance.starts_at, instance.expires_at, now),
            starts_at=instance.starts_at,
            expires_at=instance.expires_at,
            as_of=now,
        )


def news_of(addon: Addon, track: Track, now: datetime) -> list[EventType]:
    """What has to be told about an add-on by now and was not told yet, the most important last.

    The end of the time is known before it comes, so its warning does not depend on SFT's being there just then.
    """
    usage = addon.usage
    if usage is None or usage.state == "waiting_for_first_use" or 0 < track.missed < SURE:
        return []
    due: list[EventType] = []
    if usage.state == "expired":
        due.append("addon_expired")
    else:
        if usage.state == "used_up" or used_share(usage) >= TOLD_AT:
            due.append("addon_used_80_percent")
        if usage.state == "used_up":
            due.append("addon_used_up")
        elif usage.expires_at and usage.expires_at - TOLD_BEFORE <= now < usage.expires_at:
            due.append("addon_expires_soon")
    return [event for event in due if event not in track.told]


def used_share(usage: Usage) -> float:
    """How much of an add-on is used, from 0 to 1."""
    return 1 - usage.remaining_bytes / usage.granted_bytes if usage.granted_bytes else 0.0


def _state(
    granted: int, remaining: int, starts_at: datetime | None, expires_at: datetime | None, now: datetime
) -> UsageState:
    if remaining <= 0 < granted:
        return "used_up"
    if _has_passed(expires_at, now):
        return "expired"
    if remaining == granted and (starts_at is None or starts_at > now):
        return "waiting_for_first_use"
    return "in_use"


def _ended(last: Usage | None, now: datetime) -> Usage:
    if last is None:  # gone before it was read for the first time: how much there was is not known
        return Usage(granted_bytes=0, remaining_bytes=0, state="used_up", starts_at=None, expires_at=None, as_of=now)
    if last.state in ("used_up", "expired"):
        return last
    return last.model_copy(update={"state": "expired" if _has_passed(last.expires_at, now) else "used_up"})


def _is_over(last: Usage, now: datetime) -> bool:
    """Whether its being dropped is no surprise."""
    return last.remaining_bytes == 0 or _has_passed(last.expires_at, now)


def _has_passed(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now


def _has_renewed(last: Usage, instance: InstanceReading) -> bool:
    """A recurring add-on keeps its uniqueId (assumption): its next period begins when the last one ended."""
    return bool(last.expires_at and instance.starts_at and instance.starts_at >= last.expires_at)
