"""Which forces happened, and what they were answered with against what is promised."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, get_args

Force = Literal[
    "activities paused and unpaused in mid-call",
    "activities paused and reset in mid-call",
    "activities reset in mid-call",
    "purchases forgotten and repeated",
    "callers at once on suspended eSIMs",
    "subscriptions terminated and restored",
    "add-ons taken off",
    "refunds decided",
    "eSIMs taken over",
    "workers with another ceiling refused",
    "audits in the storm",
    "purchases cancelled twice",
    "workflow tasks left to the newer build",
]


@dataclass
class Record:
    """Everything that the forces did to one run."""

    happened: Counter[Force] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """A sentence for each answer that is not the promised one."""
    cut_off: set[str] = field(default_factory=set)
    """What ``Sale.cut_off`` says of purchases that Temporal has forgotten since."""

    def counts(self) -> dict[Force, int]:
        """Every force with its count, also those that did not happen."""
        return {force: self.happened[force] for force in get_args(Force)}
