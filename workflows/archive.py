"""Purchases that are over, kept as small as they can be: a subscription remembers every one for as long as it lives."""

from datetime import UTC, datetime
from typing import Final

from pydantic import Field

from contract.addon import Addon, AddonError
from contract.failure import FailureType
from contract.message import Message

FAILED_LONG_AGO: Final = "it failed long ago; send it again to try again"

Row = tuple[str, str | None, int, FailureType | None, int, datetime | None]
"""purchase_id, uniqueId, position of what was bought among the offers, what it failed with, in which attempt, and when
it was removed."""

Circumstances = tuple[int, int, int]
"""When it was bought and when it was decided, in seconds since 1970, and the position of who ordered it among those who
ever did, from 1 on. 0 is what nobody knows."""

UNKNOWN: Final[Circumstances] = (0, 0, 0)


class Archive(Message):
    """A row a purchase, in order of purchase. Only products and plans that differ take more room."""

    offers: list[tuple[str, str]] = Field(default_factory=list)
    """product and plan_id."""
    rows: list[Row] = Field(default_factory=list)
    circumstances: list[Circumstances] = Field(default_factory=list)
    """Of each row; none of those that a build wrote which did not know of them."""
    who: list[str] = Field(default_factory=list)

    def add(self, addon: Addon) -> None:
        """Keeps what has to be known of an add-on: that it was bought, as what, and what became of it."""
        offer = (addon.product, addon.plan_id)
        if offer not in self.offers:
            self.offers.append(offer)
        if addon.ordered_by and addon.ordered_by not in self.who:
            self.who.append(addon.ordered_by)
        who = self.who.index(addon.ordered_by) + 1 if addon.ordered_by else 0
        failure = addon.error.type if addon.error else None
        position = self.offers.index(offer)
        self.circumstances = [*self._known(), (_seconds(addon.bought_at), _seconds(addon.decided_at), who)]
        self.rows.append((addon.purchase_id, addon.unique_id, position, failure, addon.attempt, addon.removed_at))

    def remove(self, row: Row) -> None:
        """Forgets a purchase, which is kept in full from now on."""
        self.circumstances = self._known()
        del self.circumstances[self.rows.index(row)]
        self.rows.remove(row)

    def addon(self, row: Row) -> Addon:
        """The add-on of a row, without its last reading."""
        return self._addon(row, self._known()[self.rows.index(row)])

    def addons(self, start: int, stop: int) -> list[Addon]:
        """The add-ons of these rows, without their last readings."""
        return [self._addon(*one) for one in zip(self.rows[start:stop], self._known()[start:stop], strict=True)]

    def _addon(self, row: Row, circumstances: Circumstances) -> Addon:
        purchase_id, unique_id, offer, failure, attempt, removed_at = row
        bought, decided, who = circumstances
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
            bought_at=_moment(bought),
            decided_at=_moment(decided),
            ordered_by=self.who[who - 1] if who else None,
        )

    def _known(self) -> list[Circumstances]:
        return [*self.circumstances, *[UNKNOWN] * (len(self.rows) - len(self.circumstances))]


def _seconds(moment: datetime | None) -> int:
    return round(moment.timestamp()) if moment else 0


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
