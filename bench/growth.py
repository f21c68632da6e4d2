"""Whether anything gets slower the more there is: of subscriptions, of purchases on one eSIM, of rivals."""

import asyncio
from functools import partial
from statistics import median
from typing import Final

from bench.load import load
from bench.rest import end, rest
from bench.rounds import alternately, medians
from bench.sales import sold
from bench.scene import Scene
from bench.side import Floor, Ours, Side
from bench.size import Size
from bench.table import Goal, Row, against

FLAT: Final = Goal(0.8, "at least")
NOT_SLOWER: Final = Goal(1.2, "at most")
FETCHES: Final = Goal(3, "at most")

AT_ONCE: Final = 50
"""Subscriptions that are begun, and purchases that are sent, at once."""


async def with_many_alive(scene: Scene, ours: Ours, floor: Floor, size: Size) -> list[Row]:
    """Sales a second with ever more subscriptions alive, and, for what is the server's doing, those of the floor."""
    rows: list[Row] = []
    alive: list[str] = []
    first = 1.0

    async def rate(side: Side) -> float:
        return (await sold(side, size.sales, size.in_flight)).per_second

    for count in size.alive:
        await scene.sft.stock(size.rounds * size.sales)
        alive += (await load(ours.begin, count - len(alive), AT_ONCE)).results
        for subscription_id in alive[-AT_ONCE:]:
            await rest(ours.run(subscription_id))
        our_rate, floor_rate = await medians(size.rounds, partial(rate, ours), partial(rate, floor))
        share = our_rate / floor_rate
        what = f"sales with {count:,} subscriptions alive"
        row = Row("Growth", what, "a second; measured: the ratio to the floor's, next to that with none", our_rate)
        first = first if rows else share
        rows.append(Row(row.group, row.what, row.unit, our_rate, floor_rate, share / first, FLAT))
    await end(ours, alive)
    return rows


async def with_many_purchases(scene: Scene, ours: Ours, size: Size) -> list[Row]:
    """How long a top-up takes on an eSIM with ever more purchases, next to one with a single purchase."""
    await scene.sft.stock(1 + len(size.purchases))
    full = await ours.sell()
    purchases = 1
    rows: list[Row] = []
    for count in size.purchases:
        while purchases < count:
            more = min(AT_ONCE, count - purchases)
            await asyncio.gather(*(ours.top_up(full) for _ in range(more)))
            await rest(ours.run(full))
            purchases += more
        fresh = await ours.sell()
        timed = await alternately(size.timed, partial(_top_up_ms, ours, full), partial(_top_up_ms, ours, fresh))
        purchases += size.timed
        await end(ours, [fresh])
        what = f"top-up of an eSIM with {count:,} purchases, next to a new one"
        rows.append(against("Growth", what, "ms", [median(one) for one in timed], NOT_SLOWER))
    await end(ours, [full])
    return rows


async def _top_up_ms(ours: Ours, subscription_id: str) -> float:
    return 1000 * (await load(partial(ours.buy, subscription_id), 1, 1)).seconds


async def with_many_rivals(scene: Scene, size: Size) -> list[Row]:
    """How often SFT is asked for eSIMs when ever more sales begin at once."""
    rows: list[Row] = []
    for rivals in size.rivals:
        ours = await scene.ours()  # one that knows nothing of earlier looks
        await scene.sft.stock(1 + rivals)
        await sold(ours, 1, 1)
        before = await scene.sft.calls()
        await sold(ours, rivals, rivals)
        fetches = (await scene.sft.calls() - before)["fetchSIM"] / rivals
        rows.append(Row("Growth", f"fetchSIM calls for a sale, {rivals} at once", "", fetches, goal=FETCHES))
        await ours.worker.kill()
    return rows
