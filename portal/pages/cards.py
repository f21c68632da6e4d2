"""An eSIM as a card on "My eSIMs": what it is called, what is left on it in all, and what can be done with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contract.addon import Addon, Usage
from contract.amounts import DataUnits
from contract.subscription import ShownStatus, Subscription
from languages.text import Text, marked
from seller.addons import has_ended

IN_USE: Final = marked("In use")
NOT_USED: Final = marked("Not used yet")
BEING_ADDED: Final = marked("Being added")
EMPTY: Final = marked("No data left")

INSTALLED: Final = ("installed", "enabled", "disabled")

STANDS: Final[dict[ShownStatus, Text]] = {
    "suspended": marked("Suspended"),
    "closed": marked("Closed"),
    "terminated": marked("On hold"),
}


@dataclass(frozen=True)
class Amount:
    """So many bytes of so many that there were, in units of the seller's."""

    left: int
    granted: int
    units: DataUnits


@dataclass(frozen=True)
class Card:
    """One eSIM on the page. Of its add-ons, the newest come first."""

    esim: Subscription
    current: list[Addon]
    past: list[Addon]
    failed: Addon | None
    """A top-up that came to nothing, which its traveler has not read of yet."""
    same: str | None
    """The product that can be bought again."""
    others: list[str]
    """The products that can be bought, too."""
    bought: Mapping[str, Usage]
    """By planId, what other add-ons of it were read as: how much there was on them is how much one is."""

    @classmethod
    def of(
        cls,
        esim: Subscription,
        products: Iterable[str],
        bought: Mapping[str, Usage] | None = None,
        has_read: Callable[[str], bool] = lambda _purchase_id: False,
    ) -> "Card":
        """As it stands, for who ``has_read`` of some purchases that they failed."""
        addons = esim.addons[::-1]
        current, past, failed = list[Addon](), list[Addon](), None
        for addon in addons:
            if addon is addons[0] and addon.error and not has_read(addon.purchase_id):
                failed = addon
            else:
                (past if has_ended(addon) else current).append(addon)
        on_sale = dict.fromkeys(products)
        same = next((addon.product for addon in addons if addon.product in on_sale), None)
        others = [product for product in on_sale if product != same]
        return cls(esim, current, past, failed, same, others, bought or {})

    @property
    def title(self) -> str:
        """What its traveler calls it, or else what was bought for it last; empty if nothing was."""
        newest = (*self.current, *self.past, *self.esim.addons)
        return self.esim.name or (newest[0].product if newest else "")

    @property
    def stands(self) -> Text:
        """How it stands, in a word or two."""
        if not self.sells:
            return STANDS.get(self.esim.status, BEING_ADDED)
        if self.is_in_use:
            return IN_USE
        if self.is_pending:
            return BEING_ADDED
        return NOT_USED if self.current else EMPTY

    @property
    def rank(self) -> int:
        """Where it comes: what is in use first, then what can be used, what waits for a person, what is empty, and what
        is closed."""
        if self.esim.status == "closed":
            return 4
        if not self.sells:
            return 2
        if self.is_in_use:
            return 0
        return 1 if self.current else 3

    @property
    def is_in_use(self) -> bool:
        """Whether data is used right now."""
        states = [addon.usage.state for addon in self.current if addon.usage]
        return self.esim.status == "active" and "in_use" in states

    @property
    def is_used(self) -> bool:
        """Whether it is installed somewhere, as far as SFT or its usage tells."""
        if self.esim.profile and self.esim.profile.status in INSTALLED:
            return True
        read = [addon.usage for addon in self.esim.addons if addon.usage]
        return self.esim.archived > 0 or any(usage.state != "waiting_for_first_use" for usage in read)

    @property
    def is_pending(self) -> bool:
        """Whether something is about to change by itself: nothing is added to an eSIM that is suspended."""
        return self.sells and any(addon.status == "pending" for addon in self.current)

    @property
    def sells(self) -> bool:
        """Whether more can be bought for it: also where it was suspended because nothing was left."""
        return may_be_topped_up(self.esim)

    @property
    def empty_by(self) -> Addon | None:
        """What was on it last, where nothing is any more."""
        ended = (addon for addon in self.past if addon.usage and addon.status == "provisioned")
        return None if self.current else next(ended, None)

    def amount(self, addon: Addon) -> Amount | None:
        """What an add-on that is not over has left; of one that was never read all of it, if others tell how much that
        is. None where nobody knows."""
        usage = addon.usage or self.bought.get(addon.plan_id)
        if usage is None or not usage.granted_bytes:
            return None
        granted = usage.granted_bytes
        left = min(addon.usage.left_bytes, granted) if addon.usage else granted
        return Amount(left, granted, usage.units)

    @property
    def total(self) -> Amount | None:
        """What is left on it in all; None where that is not known of anything."""
        known = [amount for addon in self.current if (amount := self.amount(addon))]
        if not known:
            return None
        return Amount(sum(one.left for one in known), sum(one.granted for one in known), known[0].units)

    @property
    def uncounted(self) -> int:
        """How many add-ons are not in the total."""
        return sum(self.amount(addon) is None for addon in self.current)

    @property
    def next_end(self) -> datetime | None:
        """When the first of them ends, as far as that is known."""
        ends = [addon.usage.expires_at for addon in self.current if addon.usage and addon.usage.expires_at]
        return min(ends, default=None)


def may_be_topped_up(esim: Subscription) -> bool:
    """Whether a purchase for an eSIM would be carried out."""
    return esim.status == "active" or (esim.status == "suspended" and esim.suspended_because == "empty")


def bought_by_plan(esims: Iterable[Subscription]) -> dict[str, Usage]:
    """By planId, a reading that says how much there was."""
    read = (addon for esim in esims for addon in esim.addons if addon.usage and addon.usage.granted_bytes)
    return {addon.plan_id: addon.usage for addon in read if addon.usage}
