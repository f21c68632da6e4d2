"""The record of sales: a line for whatever became of a purchase, for whoever keeps the books."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, WithJsonSchema, model_validator

from contract.addon import Addon
from contract.failure import FailureType
from contract.message import HandlerInput, Message
from contract.subscription import Subscription, SubscriptionStatus

SaleOutcome = Literal["provisioned", "failed", "removed", "terminated"]
"""``removed`` follows on ``provisioned``. ``terminated`` is a first purchase whose run somebody ended from outside: if
it was sold all the same, there is a line that says ``provisioned``, too."""

UNSOLD: tuple[SubscriptionStatus, ...] = ("provisioning", "quarantined")
"""Statuses of an eSIM that no traveler has."""


class SaleEntry(Message):
    """One line. A purchase has none while it is pending, and more than one if it failed before it was provisioned."""

    entry_id: str
    """The same for the same fact, whenever and by whomever it is told."""
    at: datetime
    """UTC; when it came to that. Where a build before did not write that down, when the eSIM was claimed."""
    outcome: SaleOutcome
    kind: Literal["esim", "addon"]
    """Whether it was bought together with an eSIM, or for one that was sold before."""
    purchase_id: str
    bought_at: datetime | None = None
    """UTC; when the purchase came in. None where a build before did not write that down."""
    traveler_id: str
    product: str
    plan_id: str
    endpoint_id: str | None = None
    iccid: str | None = None
    """None of a first purchase that got no eSIM, likewise ``endpoint_id``."""
    unique_id: str | None = None
    """SFT's id of the add-on; None if none was provisioned."""
    error: Annotated[str, WithJsonSchema({"type": "string", "enum": [*get_args(FailureType), "Failed"]})] | None = None
    """What it failed with: a failure type of the contract, or ``Failed`` where its run did not say."""
    ordered_by: str | None = None
    """Who ordered it, as the purchase said."""


def _iso(value: Any) -> Any:
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("has to be a day, as 2026-11-01, or a moment, as 2026-11-01T08:00:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("is before the first or after the last year that there is") from None


Moment = Annotated[datetime, BeforeValidator(_iso), AfterValidator(_in_utc)]
"""A day, which begins at midnight, or a moment: in UTC where there is no zone in it."""


class Period(Message):
    """From ``since`` on and before ``until``; None is without end."""

    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _has_a_length(self) -> "Period":
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since has to be before until")
        return self

    def has(self, entry: SaleEntry) -> bool:
        """Whether that came to be so within it."""
        return (self.since is None or entry.at >= self.since) and (self.until is None or entry.at < self.until)


class PurchasesFrom(HandlerInput):
    """The input of query ``purchases``: how many purchases to pass over."""

    start: Annotated[StrictInt, Field(ge=0)]


def entries_of(esim: Subscription, first_purchase_id: str, claimed_at: datetime | None) -> list[SaleEntry]:
    """What there is to tell of the purchases that an eSIM shows, but for the first one where it was not sold: its run
    went on to another eSIM, or tells itself why it failed. ``claimed_at`` stands for what was decided nobody knows
    when."""
    sold = [one for one in esim.addons if one.purchase_id != first_purchase_id or esim.status not in UNSOLD]
    kinds: dict[bool, Literal["esim", "addon"]] = {True: "esim", False: "addon"}
    return [
        entry
        for addon in sold
        for entry in _entries(esim, addon, kinds[addon.purchase_id == first_purchase_id], claimed_at)
    ]


def _entries(
    esim: Subscription, addon: Addon, kind: Literal["esim", "addon"], claimed_at: datetime | None
) -> Iterator[SaleEntry]:
    """What it came to, and then that it was taken off again, if it was; nothing while it is pending."""
    known: list[tuple[SaleOutcome, datetime | None]] = []
    if addon.unique_id or addon.error:
        known.append(("provisioned" if addon.unique_id else "failed", addon.decided_at or claimed_at))
    if addon.status == "removed":
        known.append(("removed", addon.removed_at))
    for outcome, at in known:
        if at:
            yield SaleEntry(
                entry_id=f"{esim.endpoint_id}/{addon.purchase_id}/{addon.attempt}/{outcome}",
                at=at,
                outcome=outcome,
                kind=kind,
                traveler_id=esim.traveler_id,
                endpoint_id=esim.endpoint_id,
                iccid=esim.iccid,
                error=addon.error.type if addon.error else None,
                **addon.model_dump(
                    include={"purchase_id", "bought_at", "product", "plan_id", "unique_id", "ordered_by"}
                ),
            )
