"""Events of a subscription: all of them are posted to the portal, and some mailed to the traveler."""

from datetime import datetime
from typing import Final, Literal

from contract.addon import Addon
from contract.message import Message
from contract.profile import EsimProfile

EventType = Literal[
    "esim_provisioned",
    "addon_provisioned",
    "addon_failed",
    "addon_removed",
    "addon_used_80_percent",
    "addon_used_up",
    "addon_expires_soon",
    "addon_expired",
    "subscription_suspends_soon",
    "subscription_suspended",
    "subscription_resumed",
    "subscription_closed",
    "subscription_refunded",
    "esim_downloaded",
    "esim_installed",
    "esim_enabled",
    "esim_disabled",
    "esim_deleted",
    "esim_error",
]

FOR_TRAVELERS: Final[tuple[EventType, ...]] = (
    "addon_used_80_percent",
    "addon_used_up",
    "addon_expires_soon",
    "addon_expired",
)
"""The events that the traveler is notified of by e-mail. The portal gets all."""


class Event(Message):
    """One thing that happened. It is delivered at least once: whoever gets it twice knows it by its ``event_id``."""

    event_id: str
    """Never used twice; a higher number at its end is a later event of the same subscription."""
    type: str
    """An ``EventType``, or one that another build of the worker knows: it is passed on as it is."""
    occurred_at: datetime
    """UTC; when it became known, which for usage is when it was read."""
    subscription_id: str
    traveler_id: str
    endpoint_id: str
    addon: Addon | None = None
    """The add-on that it is about, as it was then; None if it is about the whole subscription."""
    profile: EsimProfile | None = None
    """What became of the eSIM's profile, if it is about that."""
