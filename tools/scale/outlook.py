"""What so many eSIMs come to in a month, by what was measured of one."""

from typing import Final, NamedTuple

from activities.usage import LOOKS_AT_ONCE
from tools.scale.clusters import Cluster, smallest
from tools.scale.prices import Bill, bill
from tools.scale.units import Cost, Measured, Month

SECONDS: Final = 30 * 86_400.0
HOW_MANY: Final = (10_000, 100_000, 1_000_000, 10_000_000)

PEAK: Final = 2.0
"""How many times the average a self-hosted cluster and the workers should carry (assumption)."""

ACTIONS_A_SECOND: Final = 500
VISIBILITY_A_SECOND: Final = 30
LIMITS: Final = "https://docs.temporal.io/cloud/limits"
"""Of a namespace of Temporal Cloud: what it begins with, and what cannot be raised."""

SFT_SECONDS: Final = 1.0
"""What an answer of SFT's may take (assumption)."""

GB: Final = 10**9


class Each(NamedTuple):
    """One eSIM that is sold and lives for a month."""

    actions: float
    worker_ms: float
    transitions: float
    open_bytes: float
    retained_bytes: float
    calls: float
    looks: float
    idle_cores: float
    """Of a worker, whatever there is to do."""


class Outlook(NamedTuple):
    """So many of them."""

    esims: int
    actions: float
    price: Bill
    worker_cores: float
    """On an average hour."""
    open_gb: float
    retained_gb: float
    calls_a_second: float
    transitions_a_second: float
    cluster: Cluster | None
    """The smallest that carries ``PEAK`` times as many."""


class Limit(NamedTuple):
    """What gives way with more eSIMs than that, and what to do then."""

    what: str
    esims: float
    then: str


def each(measured: Measured, month: Month) -> Each:
    """An eSIM of this kind."""
    alive = measured.alive

    def whole(look: float, news: float, sale: float) -> float:
        return sale + (month.looks - month.news) * look + month.news * news

    def of(unit: Cost) -> tuple[float, float]:
        return unit.worker_ms, unit.transitions

    worker_ms, transitions = (
        whole(*units) for units in zip(of(alive.look), of(alive.news), of(alive.sale), strict=True)
    )
    return Each(
        actions=sum(alive.sale_actions.values()) + sum(month.actions.values()),
        worker_ms=worker_ms,
        transitions=transitions,
        open_bytes=month.open_bytes,
        retained_bytes=alive.sale_bytes + month.closed_bytes,
        calls=sum(alive.sale_calls.values()) + sum(month.calls.values()),
        looks=month.looks,
        idle_cores=alive.idle_worker_cores,
    )


def outlook(one: Each, esims: int) -> Outlook:
    """So many of these, each sold once a month, and what they left kept for thirty days. A worker computes a little
    also while it has nothing to do."""
    open_gb, retained_gb = esims * one.open_bytes / GB, esims * one.retained_bytes / GB
    transitions = esims * one.transitions / SECONDS
    return Outlook(
        esims=esims,
        actions=esims * one.actions,
        price=bill(esims * one.actions, open_gb, retained_gb),
        worker_cores=one.idle_cores + esims * one.worker_ms / 1000 / SECONDS,
        open_gb=open_gb,
        retained_gb=retained_gb,
        calls_a_second=esims * one.calls / SECONDS,
        transitions_a_second=transitions,
        cluster=smallest(PEAK * transitions),
    )


def limits(one: Each) -> list[Limit]:
    """What gives way first comes first."""
    found = [
        Limit(
            "SFT, for each call a second that it allows",
            SECONDS / one.calls,
            "[the ceiling](operations.md#the-ceiling) keeps to what SFT allows; [callbacks](callbacks.md) save looks",
        ),
        Limit(
            "one worker process: its Python computes on one core",
            SECONDS * 1000 / one.worker_ms / PEAK,
            f"more processes. This is at {1 / PEAK:.0%} of the core on average",
        ),
        Limit(
            f"the {LOOKS_AT_ONCE} looks at once of one worker process, where SFT takes {SFT_SECONDS:g} s to answer",
            SECONDS / one.looks * LOOKS_AT_ONCE / SFT_SECONDS,
            "more processes. Looks wait in their queue meanwhile: they are late, and sales are not",
        ),
        Limit(
            f"a namespace of Temporal Cloud, which begins with {ACTIONS_A_SECOND} actions a second",
            SECONDS / one.actions * ACTIONS_A_SECOND,
            "it grows by itself with what was used in seven days, or provisioned capacity",
        ),
        Limit(
            f"the same, which answers {VISIBILITY_A_SECOND} lists and counts a second: a sale is one",
            SECONDS * VISIBILITY_A_SECOND,
            "a namespace more: this cannot be raised",
        ),
    ]
    return sorted(found, key=lambda limit: limit.esims)
