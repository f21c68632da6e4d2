"""Add-ons, ids, amounts and times as travelers read them: what templates call as filters."""

from datetime import UTC, datetime
from typing import Final

from contract import amounts
from contract.addon import Addon, UsageState
from contract.amounts import DataUnits
from contract.profile import ProfileStatus
from contract.subscription import SubscriptionStatus

SHORT: Final = 12
"""Characters of an id."""

STATES: Final[dict[UsageState, str]] = {
    "waiting_for_first_use": "Starts when first used",
    "in_use": "In use",
    "used_up": "Used up",
    "expired": "Expired",
}

PROFILES: Final[dict[ProfileStatus, str]] = {
    "error": "It could not be installed: try again, or ask us.",
    "downloaded": "It was downloaded to a device, and is not installed yet.",
    "installed": "It is installed on a device.",
    "enabled": "It is installed on a device and switched on.",
    "disabled": "It is installed on a device, but switched off there.",
    "deleted": "It was deleted from its device.",
}
"""What became of an eSIM, as SFT tells."""


def state_of(addon: Addon, status: SubscriptionStatus) -> str:
    """What an add-on does, on an eSIM that stands like that; empty if there is nothing to say."""
    if addon.status == "pending":
        return "Being added"
    if addon.status == "failed":
        return "Could not be added"
    if addon.status == "removed":
        return "Taken off"
    state = addon.usage.state if addon.usage else "waiting_for_first_use"
    return "" if state == "waiting_for_first_use" and status != "active" else STATES[state]


def short(purchase_id: str) -> str:
    """An id as it is shown: as much of it as tells it from others."""
    return purchase_id if len(purchase_id) <= SHORT else f"{purchase_id[: SHORT - 1]}…"


def gigabytes(amount: int, units: DataUnits) -> str:
    """In GB, as everywhere, but for a zero that says nothing."""
    return amounts.gigabytes(amount, units).removesuffix(".0")


def moment(time: datetime) -> str:
    """To the minute, in UTC: where the traveler is, nobody here knows."""
    return f"{time.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
