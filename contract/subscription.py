"""A subscription: one eSIM of one traveler, with every add-on that was ever bought for it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contract.addon import Addon
from contract.delivery import MailDelivery
from contract.ids import EsimName
from contract.message import HandlerInput, Message
from contract.order import CarriedOutOrder, Refund
from contract.profile import EsimProfile

SubscriptionStatus = Literal["provisioning", "active", "suspended", "closed", "quarantined"]
SuspendedBecause = Literal["system", "non_payment", "customer_service", "empty"]
ShownStatus = Literal[SubscriptionStatus, "terminated"]


class WaitingMessage(Message):
    """A signal that was set aside: nobody here has the key that it is encrypted under. ``since`` is in UTC."""

    number: int
    """Of this eSIM's: what an operator drops it by."""
    message: str
    key: str
    since: datetime


class Subscription(Message):
    """The answer of query ``subscription``. ``unmatched`` and ``surplus_removed`` hold SFT uniqueIds."""

    subscription_id: str
    traveler_id: str
    endpoint_id: str
    iccid: str
    msisdn: str | None = Field(default=None, repr=False)
    status: SubscriptionStatus
    profile: EsimProfile | None = None
    """What SFT last said became of it on a device; None if nothing."""
    addons: list[Addon] = Field(default_factory=list)
    archived: int = 0
    """How many older add-ons are not among ``addons``; query ``addon`` finds each by its purchase_id."""
    unmatched: list[str] = Field(default_factory=list)
    """Instances that the last reading found on the endpoint and that no purchase here accounts for."""
    surplus_removed: list[str] = Field(default_factory=list)
    """Instances that SFT made late, after the add-on had been sent again, and that were removed from the endpoint."""
    set_aside: list[WaitingMessage] = Field(default_factory=list)
    """Signals that wait for a key that no worker has, and are taken up as soon as one has it."""
    set_aside_lost: int = 0
    """How many there was no room for."""
    orders: list[CarriedOutOrder] = Field(default_factory=list)
    """What was ordered about it and by whom: the newest 50, oldest first."""
    refund: Refund | None = None
    """What it was paid back for; None if that was not ordered, or refused."""
    delivery: MailDelivery | None = None
    """What became of the mail with it; None if none was asked for."""
    name: str | None = Field(default=None, repr=False)
    """What its traveler calls it; None if they never said."""
    suspended_because: SuspendedBecause | None = None
    """Why it is suspended: the reason of the order, or ``empty`` where nothing was left on it, which the next purchase
    ends. None while it is not, and where nobody wrote it down."""


class ShownSubscription(Subscription):
    """A subscription as it is shown: ``terminated`` if it was ended from outside, which no workflow can know itself."""

    status: ShownStatus  # type: ignore[assignment]  # one more word, that is never written back


class Naming(HandlerInput):
    """The input of update ``name_esim``: what the traveler calls the eSIM from now on; null takes the name away."""

    name: EsimName | None = Field(repr=False)


class SetAsideReference(HandlerInput):
    """The input of update ``drop_set_aside``: an operator's."""

    number: int
