"""Purchases that are over, kept as small as they can be: a subscription remembers every one for as long as it lives."""

from datetime import datetime
from typing import Final

from pydantic import Field

from contract.addon import Addon, AddonError
from contract.failure import FailureType
from contract.message import Message

FAILED_LONG_AGO: Final = "it failed long ago; send it again to try again"

Row = tuple[str, str | None, int, FailureType | None, int, datetime | None]
"""purchase_id, uniqueId, position of what was bought among the offers, what it failed with, in which attempt, and when
it was removed."""


class Archive(Message):
    """A row a purchase, in order of purchase. Only products and plans that differ take more room."""

    offers: list[tuple[str, str]] = Field(default_factory=list)
    """product and plan_id."""
    rows: list[Row] = Field(default_factory=list)

    def add(self, addon: Addon) -> None:
        """Keeps what has to be known of an add-on: that it was bought, as what, and what became of it."""
        offer = (addon.product, addon.plan_id)
        if offer not in self.offers:
            self.offers.append(offer)
        failure = addon.error.type if addon.error else None
        position = self.offers.index(offer)
        self.rows.append((addon.purchase_id, addon.unique_id, position, failure, addon.attempt, addon.removed_at))

    def addon(self, row: Row) -> Addon:
        """The add-on of a row, without its last reading."""
        purchase_id, unique_id, offer, failure, attempt, removed_at = row
        product, plan_id = self.offers[offer]
        return Addon(
            purchase_id=purchase_id,
            product=product,
            plan_id=plan_id,
            unique_id=unique_id,
            status="removed" if removed_at else "failed" if failure else "provisioned",
            error=AddonError(type=failure, message=FAILED_LONG_AGO) if failure else None,
            attempt=attempt,
            removed_at=removed_at,
        )
