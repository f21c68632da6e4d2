"""Throughput and latency of sales and top-ups, and where the CPU goes meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, NamedTuple

from tools.bench.load import Load, load
from tools.bench.proc import cpu_seconds
from tools.bench.rest import end, top_up_all
from tools.bench.rounds import alternately, percentile
from tools.bench.scene import Scene
from tools.bench.sft import LATENCY_MS
from tools.bench.side import Floor, Ours, Side
from tools.bench.size import Size
from tools.bench.table import Goal, Row, against

AT_LEAST: Final = Goal(0.9, "at least")
NEARLY: Final = {1: Goal(1.25, "at most"), 10: Goal(1.2, "at most")}
"""By how many are in flight."""

SEVERAL: Final = 10
"""Sales in flight where it is not about many."""


class Flood(NamedTuple):
    """Sales a second, and the CPU of each process for one, in milliseconds."""

    per_second: float
    cpu: dict[str, float]


async def sold(side: Side, count: int, in_flight: int) -> Load[str]:
    """Sells so many, so many at a time, and ends what lives on of it."""
    found = await load(side.sell, count, in_flight)
    await end(side, found.results)
    return found


@contextmanager
def spending(scene: Scene, side: Side, sales: int) -> Iterator[dict[str, float]]:
    """The CPU that each process takes for one of so many sales, in milliseconds, once the block is over."""
    pids = {
        "worker": side.worker.pid,
        **scene.server_pid,
        "simulator": scene.simulator.pid,
        "benchmark": os.getpid(),
    }
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    spent: dict[str, float] = {}
    yield spent
    spent |= {name: 1000 * (cpu_seconds(pid) - before[name]) / sales for name, pid in pids.items()}


async def flood(scene: Scene, side: Side, size: Size) -> Flood:
    """One round of sales with many in flight."""
    with spending(scene, side, size.sales) as spent:
        found = await load(side.sell, size.sales, size.in_flight)
    await end(side, found.results)
    return Flood(found.per_second, spent)


async def throughput(scene: Scene, ours: Ours, floor: Floor, size: Size) -> list[Row]:
    """Sales a second with many in flight, and what that costs in CPU."""
    await scene.sft.stock(size.rounds * size.sales)
    our_rounds, floor_rounds = await alternately(
        size.rounds, partial(flood, scene, ours, size), partial(flood, scene, floor, size)
    )
    rates = [[one.per_second for one in rounds] for rounds in (our_rounds, floor_rounds)]
    rows = [against("Throughput", f"sales, {size.in_flight} in flight", "a second", rates, AT_LEAST)]
    for name in our_rounds[0].cpu:
        spent = [[one.cpu[name] for one in rounds] for rounds in (our_rounds, floor_rounds)]
        rows.append(against("Throughput", f"CPU of the {name} for a sale", "ms", spent))
    return rows


async def top_ups(scene: Scene, ours: Ours, floor: Floor, size: Size) -> list[Row]:
    """Top-ups a second on many subscriptions at once, by signal."""
    await scene.sft.stock(size.subscriptions)
    living = [(side, (await load(side.sell, size.subscriptions, SEVERAL)).results) for side in (ours, floor)]
    rates = await alternately(size.rounds, *(partial(top_up_all, side, ids) for side, ids in living))
    for side, ids in living:
        await end(side, ids)
    what = f"top-ups, {size.subscriptions} subscriptions at once"
    return [against("Throughput", what, "a second", rates, AT_LEAST)]


async def latency(scene: Scene, ours: Ours, floor: Floor, size: Size) -> list[Row]:
    """From start to installable: one sale at a time, and several."""
    rows: list[Row] = []
    for in_flight, count in ((1, size.single_sales), (SEVERAL, 10 * size.single_sales)):
        sales = size.rounds * count
        await scene.sft.stock(sales + 1)
        await sold(ours, 1, 1)
        before = await scene.sft.calls()
        our_loads, floor_loads = await alternately(
            size.rounds, partial(sold, ours, count, in_flight), partial(sold, floor, count, in_flight)
        )
        calls = ((await scene.sft.calls()) - before).total() / sales
        own = calls * LATENCY_MS
        group = "Latency from start to installable, less SFT's own time"
        for name, share in (("median", 0.5), ("95th percentile", 0.95)):
            total, floor_ms = (
                [1000 * percentile(one.latencies, share) for one in loads] for loads in (our_loads, floor_loads)
            )
            rounds = ([one - own for one in total], floor_ms)
            rows.append(against(group, f"{name}, {in_flight} in flight", "ms", rounds, NEARLY[in_flight]))
        rows.append(Row(group, f"calls to SFT for a sale, {in_flight} in flight", "", calls))
    return rows
