"""Within which bounds the model is searched: the configurations that have to hold, and the guards that are taken out."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Bounds:
    """How large the world is, and how much may happen in it.

    ``faults`` is how often something goes wrong at SFT, at a worker or between two builds, ``hands`` how often somebody
    steps in, and ``who`` says which hands there are. ``topups`` is how many are bought for each eSIM.
    """

    purchases: int = 1
    endpoints: int = 1
    topups: int = 0
    faults: int = 0
    hands: int = 0
    who: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """As definitions for spin's preprocessor."""
        sizes = {
            "PURCHASES": self.purchases,
            "ENDPOINTS": self.endpoints,
            "TOPUPS": self.topups,
            "FAULTS": self.faults,
            "HANDS": self.hands,
        }
        return (*(f"-D{name}={value}" for name, value in sizes.items()), *(f"-D{hand}" for hand in self.who))

    def __str__(self) -> str:
        size = f"{_count(self.purchases, 'purchase')}, {_count(self.endpoints, 'endpoint')}"
        topups = ", a top-up each" if self.topups else ""
        hands = f", {_count(self.hands, 'hand')} ({', '.join(self.who).lower()})" if self.hands else ""
        return f"{size}{topups}, {_count(self.faults, 'fault')}{hands}"


@dataclass(frozen=True)
class Guard:
    """Something that keeps a promise: what the checker has to find where it is taken out."""

    switch: str
    """The definition that takes it out; several, in one string, where one guard stands behind another."""
    what: str
    """What it is, in words."""
    breaks: str
    """The first word of what then goes wrong: lost, doubled, shared, dangling or forgotten."""
    bounds: Bounds

    @property
    def flags(self) -> tuple[str, ...]:
        """As definitions for spin's preprocessor."""
        return (*self.bounds.flags, *(f"-D{switch}" for switch in self.switch.split()))


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}" + ("" if number == 1 else "s")


EVERYBODY: Final = ("CANCELS", "KILLS", "REPEATS", "ORDERS", "STRANGERS")

HOLDS: Final = (
    Bounds(purchases=1, endpoints=1, topups=1, faults=3, hands=3, who=EVERYBODY),
    Bounds(purchases=1, endpoints=2, topups=0, faults=2, hands=3, who=("CANCELS", "KILLS", "REPEATS")),
    Bounds(purchases=2, endpoints=2, topups=1, faults=1, hands=1, who=EVERYBODY),
    Bounds(purchases=2, endpoints=2, topups=0, faults=1, hands=2, who=("CANCELS", "KILLS", "REPEATS", "STRANGERS")),
)
"""Where every promise has to be kept. In all of them every order of the moves is tried."""

REDUCED: Final = (
    Bounds(purchases=1, endpoints=1, topups=1, faults=2, hands=2, who=EVERYBODY),
    Bounds(purchases=2, endpoints=2, topups=0, faults=1, hands=1, who=EVERYBODY),
)
"""A few seconds' worth of them."""

GUARDS: Final = (
    Guard(
        "NO_CLAIM",
        "the claim: one workflow id, one subscription",
        "shared",
        Bounds(purchases=2, faults=1),
    ),
    Guard(
        "NO_HOLD_AFTER_TERMINATION",
        "a rival leaves an endpoint alone whose subscription was terminated",
        "dangling",
        Bounds(purchases=2, hands=1, who=("KILLS",)),
    ),
    Guard(
        "NO_STRANGER_CHECK",
        "an endpoint that was active before our first request is a stranger's",
        "shared",
        Bounds(hands=1, who=("STRANGERS",)),
    ),
    Guard("NO_LOOK", "the look at what is on the endpoint before anything is sent", "lost", Bounds(topups=1, faults=1)),
    Guard("NO_SETTLE", "settling what was not answered before it is sent again", "doubled", Bounds(faults=1)),
    Guard("NO_ADDON_WATCH", "the watch for add-ons that SFT makes late", "doubled", Bounds(faults=1)),
    Guard(
        "NO_STATUS_WATCH",
        "the watch for changes of the life cycle that SFT makes late",
        "dangling",
        Bounds(faults=1, hands=1, who=("CANCELS",)),
    ),
    Guard(
        "NO_UNDO_WATCH",
        "what putting the state right left unanswered is watched for, too",
        "lost",
        Bounds(faults=2, hands=2, who=("ORDERS",)),
    ),
    Guard(
        "NO_UNDO_KEPT",
        "a state that SFT refused to put right stays watched",
        "dangling",
        Bounds(faults=2, hands=1, who=("ORDERS",)),
    ),
    Guard("NO_DOUBTS", "doubts go with the hand-over and with what is given back", "doubled", Bounds(faults=1)),
    Guard(
        "NO_ACCOUNTED",
        "what belongs to a purchase is never removed as late",
        "lost",
        Bounds(topups=1, faults=1),
    ),
    Guard(
        "NO_SUSPEND",
        "what is given back is suspended if it is active",
        "dangling",
        Bounds(hands=1, who=("CANCELS",)),
    ),
    Guard(
        "NO_FINISHED",
        "a write is waited for although the run is cancelled",
        "dangling",
        Bounds(hands=1, who=("CANCELS",)),
    ),
    Guard(
        "NO_SHIELD",
        "giving back goes on however often the purchase is cancelled",
        "doubled",
        Bounds(hands=2, who=("CANCELS",)),
    ),
    Guard(
        "NO_CANCEL_MEMORY",
        "a subscription remembers that it was cancelled while it was being sold",
        "dangling",
        Bounds(hands=1, who=("CANCELS",)),
    ),
    Guard("NO_WATCHDOG", "the owner watchdog", "dangling", Bounds(hands=1, who=("KILLS",))),
    Guard(
        "NO_OWNER_WATCH",
        "after a terminated purchase, its unanswered activations are watched for",
        "dangling",
        Bounds(hands=1, who=("KILLS",)),
    ),
    Guard(
        "NO_WAIT_FOR_BUILD",
        "a message that one build cannot read waits for one that can",
        "lost",
        Bounds(faults=2),
    ),
    Guard(
        "NO_WAIT_FOR_BUILD NO_ADOPTION",
        "behind that: the watchdog adopts the sale of a purchase that completed",
        "lost",
        Bounds(faults=1),
    ),
    Guard(
        "NO_HEARTBEAT_DETAILS",
        "an attempt knows that an earlier one may have sent",
        "dangling",
        Bounds(faults=1),
    ),
    Guard(
        "NO_CONFIRMED_DETAILS",
        "the server has those details before the call goes out",
        "doubled",
        Bounds(faults=1),
    ),
    Guard(
        "NO_SETTLE_AT_RESTORE",
        "a restored subscription settles what was under way",
        "doubled",
        Bounds(topups=1, hands=1, who=("KILLS",)),
    ),
    Guard(
        "NO_RECALL",
        "a purchase looks whether it was sold before",
        "doubled",
        Bounds(endpoints=2, hands=1, who=("REPEATS",)),
    ),
    Guard(
        "NO_FIRST_PURCHASE_ID",
        "and looks for the subscription, which outlives the purchase's run",
        "doubled",
        Bounds(endpoints=2, hands=2, who=("REPEATS",)),
    ),
    Guard(
        "NO_CODE_IN_STATE",
        "the activation code lives in the subscription",
        "forgotten",
        Bounds(hands=1, who=("REPEATS",)),
    ),
    Guard(
        "NO_DEDUP",
        "a top-up that is delivered twice is one top-up",
        "doubled",
        Bounds(topups=1, hands=1, who=("REPEATS",)),
    ),
)
