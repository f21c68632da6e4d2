"""Add-ons, profiles and suspensions as travelers read them: what templates call as filters."""

from typing import Final

from contract.addon import Addon, UsageState
from contract.profile import ProfileStatus
from contract.subscription import ShownStatus, SuspendedBecause
from languages.text import Text, marked

STATES: Final[dict[UsageState, Text]] = {
    "waiting_for_first_use": marked("Starts when first used"),
    "in_use": marked("In use"),
    "used_up": marked("Used up"),
    "expired": marked("Expired"),
}
BEING_ADDED: Final = marked("Being added")
WAITS: Final = marked("Is added as soon as this eSIM can be used again")
NOT_ADDED: Final = marked("Could not be added: nothing was bought, and nothing was charged")
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

SUSPENDED: Final[dict[SuspendedBecause | None, Text]] = {
    None: marked("This eSIM is suspended: it cannot be used at the moment. Please ask us about it."),
    "system": marked(
        "This eSIM is suspended for a technical reason: it cannot be used at the moment. Please ask us about it."
    ),
    "non_payment": marked(
        "This eSIM is suspended because a payment is missing: it cannot be used at the moment. Please ask us about it."
    ),
    "customer_service": marked(
        "This eSIM is suspended by our customer service: it cannot be used at the moment. Please ask us about it."
    ),
    "empty": marked("This eSIM is at rest, because there was no data left on it. Buy more, and it works again."),
}
"""Why it cannot be used."""


def state_of(addon: Addon, status: ShownStatus, *, is_added: bool = True) -> Text | None:
    """What an add-on does, on an eSIM that stands like that; None if there is nothing to say. ``is_added``: whether
    what is bought for it is added now."""
    if addon.status == "pending":
        return BEING_ADDED if is_added else WAITS
    if addon.status == "failed":
        return NOT_ADDED
    if addon.status == "removed":
        return TAKEN_OFF
    state = addon.usage.state if addon.usage else "waiting_for_first_use"
    return None if state == "waiting_for_first_use" and status != "active" else STATES[state]
