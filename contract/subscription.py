"""A subscription: one eSIM of one traveler, with every add-on that was ever bought for it."""

from typing import Literal

from pydantic import Field

from contract.addon import Addon
from contract.message import HandlerInput, Message

SubscriptionStatus = Literal["provisioning", "active", "suspended", "closed", "quarantined"]
ShownStatus = Literal[SubscriptionStatus, "terminated"]
SuspensionReason = Literal["system", "non_payment", "customer_service"]


class Subscription(Message):
    """The answer of query ``subscription``. ``unmatched`` and ``surplus_removed`` hold SFT uniqueIds."""

    subscription_id: str
    traveler_id: str
    endpoint_id: str
    iccid: str
    msisdn: str | None = Field(default=None, repr=False)
    status: SubscriptionStatus
    addons: list[Addon] = Field(default_factory=list)
    archived: int = 0
    """How many older add-ons are not among ``addons``; query ``addon`` finds each by its purchase_id."""
    unmatched: list[str] = Field(default_factory=list)
    """Instances that the last reading found on the endpoint and that no purchase here accounts for."""
    surplus_removed: list[str] = Field(default_factory=list)
    """Instances that SFT made late, after the add-on had been sent again, and that were removed from the endpoint."""


class ShownSubscription(Subscription):
    """A subscription as it is shown: ``terminated`` if it was ended from outside, which no workflow can know itself."""

    status: ShownStatus  # type: ignore[assignment]  # one more word, that is never written back


class LifecycleOrder(HandlerInput):
    """The input of updates ``suspend``, ``resume`` and ``close``."""

    reason: SuspensionReason
