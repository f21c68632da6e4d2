"""docs/scale.md, all of it: page.txt, filled in with what was measured, and what follows from it and from sources."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.bench.sft import LATENCY_MS
from tools.bench.table import shown
from tools.scale import clusters, prices
from tools.scale.measured_tables import alive_table, delays_table, months_table, rest_table, waits
from tools.scale.outlook import HOW_MANY, LIMITS, PEAK, SECONDS, SFT_SECONDS, Each, Outlook, each, limits, outlook
from tools.scale.size import USUAL
from tools.scale.tables import cells, table
from tools.scale.units import Alive, Measured
from workflows.next_run import FULL_HISTORY

TEXT: Final = Path(__file__).with_name("page.txt")

COLUMNS: Final = (
    *("eSIMs", "actions a month", "Temporal Cloud, a month", "worker cores", "storage, open and ended"),
    *("calls to SFT a second", "state transitions a second", "self-hosted cluster"),
)


def page(measured: Measured) -> str:
    """The whole page."""
    alive, machine, ordinary, announced = measured.alive, measured.machine, *measured.months[:2]
    one, other = each(measured, ordinary), each(measured, announced)
    return TEXT.read_text().format(
        **machine.model_dump(),
        **_sources(),
        command="make scale" if alive.asked == USUAL else f"make scale SUBSCRIPTIONS={alive.asked}",
        usual=f"{USUAL:,}",
        date=measured.date,
        seconds=f"{measured.seconds:.0f}",
        words=ordinary.words,
        actions=shown(one.actions),
        calls=shown(one.calls),
        fewer_actions=shown(other.actions),
        fewer_calls=shown(other.calls),
        million=_million(outlook(one, 1_000_000), outlook(other, 1_000_000)),
        lives=ordinary.lives,
        days=f"{ordinary.days:g}",
        alive=f"{alive.alive:,}",
        asked=_asked(alive),
        pace=shown(alive.look.per_second),
        usual_looks=f"{USUAL * ordinary.looks / 1e6:.1f}",
        like=f"{round(alive.look.per_second * SECONDS / ordinary.looks, -4):,.0f}",
        months=months_table(measured.months),
        delays=delays_table(measured.months),
        work=alive_table(alive),
        rest=rest_table(alive),
        waits=waits(alive),
        many=_many(measured),
        asleep_actions=shown(ordinary.asleep_actions),
        asleep_events=shown(ordinary.asleep_events),
        asleep_bytes=shown(ordinary.asleep_bytes),
        asleep_gb=_gb(ordinary.asleep_bytes / 1000),
        first=_first(one),
    )


def _asked(alive: Alive) -> str:
    if alive.alive == alive.asked:
        return ""
    return f" (of {alive.asked:,} asked for: the machine had other work to do, and there was no more time)"


def _sources() -> dict[str, object]:
    """What is not measured."""
    return {
        "clusters": clusters.SOURCE,
        "prices": prices.SOURCE,
        "read": prices.READ,
        "limits": LIMITS,
        "peak": f"{PEAK:g}",
        "sft_seconds": f"{SFT_SECONDS:g}",
        "latency": LATENCY_MS,
        "full": FULL_HISTORY,
    }


def _million(many: Outlook, fewer: Outlook) -> str:
    def rows(one: Outlook) -> list[str]:
        actions, price, cores, storage, calls, _, cluster = _values(one)
        return [actions, price, cores, storage, calls, cluster]

    names = ("actions", "Temporal Cloud", "worker cores", "storage, open and ended", "calls to SFT a second", "cluster")
    return "\n".join(map(cells, zip(names, rows(many), rows(fewer), strict=True)))


def _many(measured: Measured) -> str:
    parts: list[str] = []
    for month in measured.months:
        one = each(measured, month)
        rows = [[f"{esims:,}", *_values(outlook(one, esims))] for esims in HOW_MANY]
        parts.append(f"**{month.name}**: {month.words}\n\n{table(COLUMNS, rows)}")
    return "\n\n".join(parts)


def _values(many: Outlook) -> Sequence[str]:
    price, cluster = many.price, many.cluster
    return (
        f"{shown(many.actions / 1e6)} million",
        f"{'at most ' if price.is_negotiated else ''}${price.dollars:,.0f} ({price.plan})",
        f"{many.worker_cores:.2g}",
        f"{_gb(many.open_gb)} and {_gb(many.retained_gb)}",
        shown(many.calls_a_second),
        shown(many.transitions_a_second),
        f"{cluster.name}: {cluster.cores} cores, {cluster.database}" if cluster else "larger than any of them",
    )


def _first(one: Each) -> str:
    rows = [(limit.what, f"{round(limit.esims, -3):,.0f}", limit.then) for limit in limits(one)]
    return table(("what", "up to so many eSIMs", "then"), rows)


def _gb(gb: float) -> str:
    return f"{shown(gb)} GB" if gb >= 1 else f"{shown(gb * 1000)} MB"
