"""How much a run measures."""

from typing import Final, NamedTuple


class Size(NamedTuple):
    """Counts of one run. ``rounds`` are how often each side has its turn."""

    rounds: int
    few_rounds: int
    """Rounds of what is measured at several sizes, or in several variants."""
    in_flight: int
    sales: int
    """In a round of the throughput."""
    few_sales: int
    """In a round of a throughput that is measured at several sizes, or in several variants."""
    single_sales: int
    """In a round of a latency, one at a time; ten in flight take ten times as many."""
    subscriptions: int
    """That are topped up at once; each gets one top-up a round."""
    costed: int
    """Sales whose heartbeats are counted."""
    alive: tuple[int, ...]
    """Subscriptions alive."""
    purchases: tuple[int, ...]
    """On one eSIM."""
    timed: int
    """Top-ups that are timed on each eSIM."""
    rivals: tuple[int, ...]
    cached: int
    """Workflows in a worker's cache: no more than the SDK keeps by default."""
    bound: int
    """Workflows in the cache of a worker that may keep fewer than are alive."""
    months: int
    """Of a year of purchases."""
    woken: int
    """How often an eSIM is woken up cold in each of these months."""
    waiting: int
    """Purchases that wait while SFT is down."""
    failures: int
    """Of each of these purchases, before the lines in the log are counted."""
    slow_seconds: float
    """How long a slow SFT takes to answer a look."""


FULL: Final = Size(
    rounds=3,
    few_rounds=2,
    in_flight=100,
    sales=120,
    few_sales=100,
    single_sales=5,
    subscriptions=100,
    costed=5,
    alive=(0, 1_000, 5_000),
    purchases=(1, 100, 1_000),
    timed=10,
    rivals=(1, 10, 50, 100),
    cached=1_000,
    bound=100,
    months=12,
    woken=10,
    waiting=300,
    failures=2,
    slow_seconds=4,
)
QUICK: Final = Size(
    rounds=1,
    few_rounds=1,
    in_flight=10,
    sales=10,
    few_sales=10,
    single_sales=2,
    subscriptions=5,
    costed=2,
    alive=(0, 100),
    purchases=(1, 15),
    timed=2,
    rivals=(1, 10),
    cached=40,
    bound=10,
    months=2,
    woken=4,
    waiting=20,
    failures=2,
    slow_seconds=0.3,
)
