"""A run's facts as they are told: what is known of the run so far, and what was said of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from seller.timeline.attempt import Activity
from seller.timeline.fact import Fact, What
from seller.timeline.opened import JSON


@dataclass
class Telling:
    """The facts of one run, in the order of its history. What is known of it grows while it is read."""

    run: str
    facts: list[Fact] = field(default_factory=list)
    purchases: dict[str, str] = field(default_factory=dict)
    """The purchases of the add-ons, by uniqueId."""
    waiting: list[JSON] = field(default_factory=list)
    """Purchases that are not provisioned yet, in order of arrival."""
    suspension: str = ""
    """Who ordered its suspension and why, as a part of a sentence; empty where that is not known."""
    refused: set[str] = field(default_factory=set)
    """Purchases whose add-on SFT refused."""
    status: str = ""
    """The subscription's status, as far as it was shown."""
    ordered: dict[str, str] = field(default_factory=dict)
    """Who ordered a change of the life cycle that nothing was seen to follow on yet, by SFT's word for it."""
    updates: dict[str, str] = field(default_factory=dict)
    """The names of the updates, by their ids."""
    unanswered: Activity | None = None
    """A change of the life cycle that SFT did not answer, until it is looked whether it was done."""
    reading: "JSON | None" = None
    """The last reading of what is left."""
    other_iccid: str | None = None
    """The SIM that the last reading found on the endpoint, where that is not the one that was sold."""
    unchanged: int = 0
    """How many readings since then said the same."""

    def of_next_run(self) -> "Telling":
        """What the next run of this workflow id knows before it says anything."""
        return replace(self, facts=[], updates={}, unanswered=None)

    def tell(self, at: datetime, what: What, said: str, about: str | None = None) -> None:
        """One more fact."""
        self.facts.append(Fact.of(at, what, said, self.run, about))

    def provisioned(self, plan_id: str | None, unique_id: str) -> str | None:
        """The purchase that is served with an add-on: the oldest that waits for such a plan; None if none is known."""
        for purchase in self.waiting:
            if plan_id is None or purchase.get("plan_id") == plan_id:
                self.waiting.remove(purchase)
                self.purchases[unique_id] = str(purchase.get("purchase_id"))
                return self.purchases[unique_id]
        return None

    def take_off(self, purchase_id: str | None) -> None:
        """Has a purchase wait no longer."""
        self.waiting = [one for one in self.waiting if one.get("purchase_id") != purchase_id]

    def next_in_line(self, plan_id: str | None) -> str | None:
        """The purchase that an add-on of this plan is for."""
        fitting = (one for one in self.waiting if plan_id is None or one.get("plan_id") == plan_id)
        return next((str(one.get("purchase_id")) for one in fitting), None)
