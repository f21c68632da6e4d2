"""Events of a subscription, and of a sale that does not go well: the portal gets all, and the traveler some by mail."""

from datetime import datetime
from typing import Final, Literal

from contract.addon import Addon
from contract.message import Message
from contract.profile import EsimProfile
from contract.stock import Stock

EventType = Literal[
    "sale_waiting_for_stock",
    "sale_needs_attention",
    "sale_failed",
    "stock_low",
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
    "test",
]

FOR_TRAVELERS: Final[tuple[EventType, ...]] = (
    "addon_used_80_percent",
    "addon_used_up",
    "addon_expires_soon",
    "addon_expired",
)
"""The events that the traveler is notified of by e-mail. The portal gets all."""


class SaleNews(Message):
    """A first purchase that waits for people, or that ended without an eSIM: ``detail`` is one sentence for people."""

    purchase_id: str
    product: str
    plan_id: str
    detail: str


class Event(Message):
    """One thing that happened. It is delivered at least once: whoever gets it twice knows it by its ``event_id``."""

    event_id: str
    """Never used twice; a higher number at its end is a later event of the same subscription or sale."""
    type: str
    """An ``EventType``, or one that another build of the worker knows: it is passed on as it is."""
    occurred_at: datetime
    """UTC; when it became known, which for usage is when it was read."""
    subscription_id: str | None = None
    """None for an event of a sale, as is the endpoint_id: there is no eSIM of the traveler's yet."""
    traveler_id: str | None = None
    """None for an event of the stock."""
    endpoint_id: str | None = None
    sale: SaleNews | None = None
    """The first purchase that it is about, if it is about one that does not go well."""
    stock: Stock | None = None
    """The stock that is low, if it is about that."""
    addon: Addon | None = None
    """The add-on that it is about, as it was then; None if it is about the whole subscription."""
    profile: EsimProfile | None = None
    """What became of the eSIM's profile, if it is about that."""
