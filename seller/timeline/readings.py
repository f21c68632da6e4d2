"""Readings of what is left, one after the other: what they say, and what is there or gone that was not before."""

from datetime import datetime
from typing import Any, Final

from contract.amounts import DataUnits, gigabytes
from seller.timeline.attempt import Activity
from seller.timeline.opened import JSON
from seller.timeline.telling import Telling

INSTANCES: Final = "instances"
"""What every reading has, whichever activity took it."""


def is_reading(activity: Activity) -> bool:
    """Whether that is what an activity came back with."""
    return isinstance(_reading(activity), dict)


def tell_reading(telling: Telling, activity: Activity) -> None:
    """Says what a reading says, if that is not what the one before said."""
    reading = _reading(activity)
    if reading is None or activity.ended is None:
        return
    _tell_sim(telling, activity.ended, reading)
    now, before = _by_id(reading), _by_id(telling.reading) if telling.reading else None
    if before is not None and _balances(now) == _balances(before):
        telling.unchanged += 1
        return
    units = reading.get("units", "decimal")
    amounts = [f"{_name(telling, one)} {_left(now[one], units)}" for one in now]
    said = f"Read: {'; '.join(amounts)}." if amounts else "Read: there is no add-on on the endpoint."
    if telling.unchanged:
        said += f" ({telling.unchanged} readings before said what the one before them did.)"
    telling.tell(activity.ended, "read", said)
    _tell_changes(telling, activity.ended, now, before, units)
    telling.reading, telling.unchanged = reading, 0


def _tell_sim(telling: Telling, at: datetime, reading: JSON) -> None:
    """Says, once, that the SIM which was sold is not the one on the endpoint any more."""
    other = reading.get("other_iccid")
    if other and other != telling.other_iccid:
        said = f"SFT has another SIM on the endpoint than the one that was sold: ICCID {other}."
        telling.tell(at, "appeared", said)
    telling.other_iccid = other


def _tell_changes(
    telling: Telling, at: datetime, now: dict[str, JSON], before: dict[str, JSON] | None, units: DataUnits
) -> None:
    for unique_id, instance in (before or {}).items():
        if unique_id not in now:
            last = f"it had {_left(instance, units)} at the reading before"
            said = f"Gone: {_name(telling, unique_id)} is not on the endpoint any more: {last}."
            telling.tell(at, "vanished", said, telling.purchases.get(unique_id))
    for unique_id in now:
        if unique_id not in telling.purchases and unique_id not in (before or {}):
            plan_id = now[unique_id].get("plan_id")
            said = f"On the endpoint, and bought by nobody here: add-on {plan_id} with uniqueId {unique_id}."
            telling.tell(at, "appeared", said)


def _reading(activity: Activity) -> JSON | None:
    """A reading may be the result, or a part of it."""
    parts = (activity.result, *activity.result.values())
    return next((part for part in parts if isinstance(part, dict) and isinstance(part.get(INSTANCES), list)), None)


def _by_id(reading: JSON) -> dict[str, JSON]:
    return {str(instance.get("unique_id")): instance for instance in reading[INSTANCES] if instance.get("unique_id")}


def _balances(instances: dict[str, JSON]) -> dict[str, tuple[Any, ...]]:
    kept = ("granted_bytes", "remaining_bytes", "expires_at")
    return {unique_id: tuple(instance.get(name) for name in kept) for unique_id, instance in instances.items()}


def _left(instance: JSON, units: DataUnits) -> str:
    granted, remaining = instance.get("granted_bytes"), instance.get("remaining_bytes")
    if granted is None or remaining is None:
        return "of which SFT does not say how much is left"
    until = str(instance.get("expires_at") or "")[:16].replace("T", " ")
    amount = f"{gigabytes(remaining, units)} of {gigabytes(granted, units)} GB left"
    return f"{amount}, until {until} UTC" if until else amount


def _name(telling: Telling, unique_id: str) -> str:
    purchase_id = telling.purchases.get(unique_id)
    return f"purchase {purchase_id} (uniqueId {unique_id})" if purchase_id else f"uniqueId {unique_id}"
