"""Within which bounds the model is searched: where it has to hold, and which guards are taken out."""

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
    Bounds(purchases=2, endpoints=2, topups=1, faults=2, hands=1, who=EVERYBODY),
    Bounds(purchases=1, endpoints=1, topups=1, faults=3, hands=3, who=EVERYBODY),
    Bounds(purchases=1, endpoints=2, topups=0, faults=2, hands=3, who=("CANCELS", "KILLS", "REPEATS")),
    Bounds(purchases=2, endpoints=2, topups=0, faults=1, hands=2, who=("CANCELS", "KILLS", "REPEATS", "STRANGERS")),
)
"""Where every promise has to be kept. In all of them every order of the moves is tried."""

REDUCED: Final = (
    Bounds(purchases=1, endpoints=1, topups=1, faults=2, hands=2, who=EVERYBODY),
    Bounds(purchases=2, endpoints=2, topups=0, faults=1, hands=1, who=EVERYBODY),
)
"""A few seconds' worth of them."""

ONE_FAULT: Final = Bounds(faults=1)
ONE_CANCEL: Final = Bounds(hands=1, who=("CANCELS",))
ONE_KILL: Final = Bounds(hands=1, who=("KILLS",))
ONE_REPEAT: Final = Bounds(hands=1, who=("REPEATS",))

GUARDS: Final = (
    Guard("NO_CLAIM", "the claim: one workflow id, one subscription", "shared", Bounds(purchases=2, faults=1)),
    Guard(
        "NO_HOLD_AFTER_TERMINATION",
        "keeping rivals from an endpoint whose subscription was terminated",
        "dangling",
        Bounds(purchases=2, hands=1, who=("KILLS",)),
    ),
    Guard(
        "NO_STRANGER_CHECK",
        "setting aside what was active before our first request",
        "shared",
        Bounds(hands=1, who=("STRANGERS",)),
    ),
    Guard("NO_LOOK", "the look at what is on the endpoint before anything is sent", "lost", Bounds(topups=1, faults=1)),
    Guard("NO_SETTLE", "settling what was not answered before it is sent again", "doubled", ONE_FAULT),
    Guard("NO_ADDON_WATCH", "the watch for add-ons that SFT makes late", "doubled", ONE_FAULT),
    Guard(
        "NO_STATUS_WATCH",
        "the watch for changes of the life cycle that SFT makes late",
        "dangling",
        Bounds(faults=1, hands=1, who=("CANCELS",)),
    ),
    Guard(
        "NO_UNDO_WATCH",
        "watching for what putting the state right left unanswered",
        "lost",
        Bounds(faults=2, hands=2, who=("ORDERS",)),
    ),
    Guard(
        "NO_UNDO_KEPT",
        "watching on where SFT refused to put the state right",
        "dangling",
        Bounds(faults=2, hands=1, who=("ORDERS",)),
    ),
    Guard("NO_DOUBTS", "handing doubts over and back", "doubled", ONE_FAULT),
    Guard(
        "NO_ACCOUNTED",
        "sparing what belongs to purchases when late add-ons are removed",
        "lost",
        Bounds(topups=1, faults=1),
    ),
    Guard("NO_SUSPEND", "suspending what is given back", "dangling", ONE_CANCEL),
    Guard("NO_FINISHED", "waiting for a write to end although the run is cancelled", "dangling", ONE_CANCEL),
    Guard(
        "NO_SHIELD",
        "going on giving back however often the purchase is cancelled",
        "doubled",
        Bounds(hands=2, who=("CANCELS",)),
    ),
    Guard(
        "NO_CANCEL_MEMORY",
        "remembering that a subscription was cancelled while it was being sold",
        "dangling",
        ONE_CANCEL,
    ),
    Guard("NO_WATCHDOG", "the owner watchdog", "dangling", ONE_KILL),
    Guard(
        "NO_OWNER_WATCH",
        "watching for the unanswered activations of a purchase that was terminated",
        "dangling",
        ONE_KILL,
    ),
    Guard(
        "NO_WAIT_FOR_BUILD",
        "letting a message that one build cannot read wait for one that can",
        "lost",
        Bounds(faults=2),
    ),
    Guard(
        "NO_WAIT_FOR_BUILD NO_ADOPTION",
        "that and, behind it, adopting the sale of a purchase that completed",
        "lost",
        ONE_FAULT,
    ),
    Guard(
        "NO_HEARTBEAT_DETAILS",
        "heartbeat details that say that an earlier attempt may have sent",
        "dangling",
        ONE_FAULT,
    ),
    Guard(
        "NO_CONFIRMED_DETAILS",
        "waiting until the server has those details before the call goes out",
        "doubled",
        ONE_FAULT,
    ),
    Guard(
        "NO_SETTLE_AT_RESTORE",
        "settling what was under way when a terminated subscription is restored",
        "doubled",
        Bounds(topups=1, hands=1, who=("KILLS",)),
    ),
    Guard(
        "NO_RECALL",
        "looking whether a purchase was sold before",
        "doubled",
        Bounds(endpoints=2, hands=1, who=("REPEATS",)),
    ),
    Guard(
        "NO_FIRST_PURCHASE_ID",
        "looking for the subscription, too, which outlives the purchase's run",
        "doubled",
        Bounds(endpoints=2, hands=2, who=("REPEATS",)),
    ),
    Guard("NO_CODE_IN_STATE", "the activation code in the subscription's state", "forgotten", ONE_REPEAT),
    Guard(
        "NO_DEDUP",
        "recognising a top-up that is delivered twice",
        "doubled",
        Bounds(topups=1, hands=1, who=("REPEATS",)),
    ),
)
