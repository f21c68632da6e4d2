"""Add-ons, profiles and ids as travelers read them: what templates call as filters."""

from typing import Final

from contract.addon import Addon, UsageState
from contract.profile import ProfileStatus
from contract.subscription import SubscriptionStatus
from languages.text import Text, marked

SHORT: Final = 12
"""Characters of an id."""

STATES: Final[dict[UsageState, Text]] = {
    "waiting_for_first_use": marked("Starts when first used"),
    "in_use": marked("In use"),
    "used_up": marked("Used up"),
    "expired": marked("Expired"),
}
BEING_ADDED: Final = marked("Being added")
NOT_ADDED: Final = marked("Could not be added")
TAKEN_OFF: Final = marked("Taken off")

PROFILES: Final[dict[ProfileStatus, Text]] = {
    "error": marked("It could not be installed on %(day)s: try again, or ask us."),
    "downloaded": marked("Downloaded to a device on %(day)s, and not installed yet."),
    "installed": marked("Installed on %(day)s."),
    "enabled": marked("Installed on a device, and switched on there since %(day)s."),
    "disabled": marked("Installed on a device, but switched off there since %(day)s."),
    "deleted": marked("Deleted from its device on %(day)s."),
}
"""What became of an eSIM, as SFT tells."""


def state_of(addon: Addon, status: SubscriptionStatus) -> Text | None:
    """What an add-on does, on an eSIM that stands like that; None if there is nothing to say."""
    if addon.status == "pending":
        return BEING_ADDED
    if addon.status == "failed":
        return NOT_ADDED
    if addon.status == "removed":
        return TAKEN_OFF
    state = addon.usage.state if addon.usage else "waiting_for_first_use"
    return None if state == "waiting_for_first_use" and status != "active" else STATES[state]


def short(purchase_id: str) -> str:
    """An id as it is shown: as much of it as tells it from others."""
    return purchase_id if len(purchase_id) <= SHORT else f"{purchase_id[: SHORT - 1]}…"
