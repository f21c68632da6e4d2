"""Orders of a seller's people about an eSIM that was sold: what is ordered, why and by whom, and what became of it."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StrictBool, StringConstraints

from contract.addon import Addon
from contract.ids import BulkKey, EmailAddress, OrderedBy, PurchaseId
from contract.message import HandlerInput, Message
from contract.text import printable

SuspensionReason = Literal["system", "non_payment", "customer_service"]
OrderName = Literal["suspend", "resume", "close", "remove_addon", "refund", "amend_plan", "resend"]

MOST_KEPT: Final = 50
"""Orders that a subscription shows, the newest."""

Reason = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(printable)]
"""Why something is ordered, for people: 1 to 200 printable characters."""


class LifecycleOrder(HandlerInput):
    """The input of updates ``suspend``, ``resume`` and ``close``."""

    reason: SuspensionReason
    ordered_by: OrderedBy | None = None
    again: StrictBool = False
    """Whether SFT is to be told so also where the eSIM is suspended, or active, already: for one that somebody changed
    at SFT. It makes no difference to ``close``."""
    bulk: BulkKey | None = None
    """Of one of many: whose. SFT is called for it after everything else, in turn with those of others."""


class RemovalOrder(HandlerInput):
    """The input of update ``remove_addon``: which add-on is taken off the eSIM, by the purchase that it was bought
    with."""

    purchase_id: PurchaseId
    reason: Reason
    ordered_by: OrderedBy | None = None
    bulk: BulkKey | None = None
    """Of one of many: whose. SFT is called for it after everything else, in turn with those of others."""


class RefundOrder(HandlerInput):
    """The input of update ``refund``: give back a whole eSIM that was never used."""

    reason: Reason
    ordered_by: OrderedBy | None = None


class ResendOrder(HandlerInput):
    """The input of update ``resend``: mail the eSIM with its QR code once more.

    With an ``email``, the traveler is mailed there from now on, with notices, too; without, where they were before.
    """

    email: EmailAddress | None = Field(default=None, repr=False)
    ordered_by: OrderedBy | None = None


class Refund(Message):
    """The answer of update ``refund``: whether the eSIM may be paid back, and why or why not.

    If it may, it was closed, and its add-ons were taken off. If not, nothing was changed. ``addons`` are as SFT told
    them just before.
    """

    refundable: bool
    reason: str
    """One sentence for people."""
    at: datetime
    """UTC; when it was decided."""
    addons: list[Addon] = Field(default_factory=list)


class CarriedOutOrder(Message):
    """One order that was carried out, or that could not be. ``at`` is when that was known, in UTC."""

    order: OrderName
    reason: str
    ordered_by: str | None = None
    purchase_id: str | None = None
    """The add-on's that it is about; None if it is about the whole eSIM."""
    at: datetime
    outcome: str = "done"
    """``done``, or a sentence that says why it could not be done."""
