"""Whether anything gets slower the more there is: of subscriptions, of purchases on one eSIM, of rivals."""

from functools import partial
from statistics import median
from typing import Final

from contract.workflow_ids import endpoint_id_of
from tools.bench.load import load
from tools.bench.rest import end, rest
from tools.bench.rounds import alternately
from tools.bench.sales import sold
from tools.bench.scene import Scene
from tools.bench.side import Floor, Ours, Side
from tools.bench.size import Size
from tools.bench.table import Goal, Row, against, over

FLAT: Final = Goal(0.8, "at least")
NOT_SLOWER: Final = Goal(1.2, "at most")
FETCHES: Final = Goal(3, "at most")

AT_ONCE: Final = 50
"""Subscriptions that are begun, and purchases that are sent, at once."""


async def with_many_alive(scene: Scene, ours: Ours, floor: Floor, size: Size) -> list[Row]:
    """Sales a second with ever more subscriptions alive, and, for what is the server's doing, those of the floor.

    They are left alive.
    """
    rows: list[Row] = []
    alive: list[str] = []
    first = 1.0

    async def rate(side: Side) -> float:
        return (await sold(side, size.few_sales, size.in_flight)).per_second

    for count in size.alive:
        await scene.sft.stock(size.few_rounds * size.few_sales)
        alive += (await load(ours.begin, count - len(alive), AT_ONCE)).results
        for subscription_id in alive[-AT_ONCE:]:
            await rest(ours.run(subscription_id))
        rates = await alternately(size.few_rounds, partial(rate, ours), partial(rate, floor))
        what = f"sales with {count:,} subscriptions alive"
        first = first if rows else median(rates[0]) / median(rates[1])
        rows.append(against("Growth", what, "a second", rates, FLAT, first))
    return rows


async def with_many_purchases(scene: Scene, ours: Ours, size: Size) -> list[Row]:
    """How long a top-up takes on an eSIM with ever more purchases, next to one with a single purchase."""
    await scene.sft.stock(2 * len(size.purchases))
    rows: list[Row] = []
    for count in size.purchases:
        esims = [await _esim(scene, ours, purchases) for purchases in (count, 1)]
        timed = await alternately(size.timed, *(partial(_top_up_ms, ours, one) for one in esims))
        await end(ours, esims)
        what = f"another purchase on an eSIM that has {count:,}, next to a new one"
        rows.append(against("Growth", what, "ms", timed, NOT_SLOWER))
    return rows


async def _esim(scene: Scene, ours: Ours, purchases: int) -> str:
    """Sells an eSIM, and lets its subscription go on as if so many purchases had been made since."""
    subscription_id = await ours.sell()
    await end(ours, [subscription_id])
    endpoint_id = endpoint_id_of(subscription_id)
    await ours.go_on(endpoint_id, await scene.sft.add(endpoint_id, purchases))
    await ours.buy(subscription_id)  # the first of a run puts away what is too much
    return subscription_id


async def _top_up_ms(ours: Ours, subscription_id: str) -> float:
    return 1000 * (await load(partial(ours.buy, subscription_id), 1, 1)).seconds


async def with_many_rivals(scene: Scene, size: Size) -> list[Row]:
    """How often SFT is asked for esims when ever more sales begin at once."""
    rows: list[Row] = []
    for rivals in size.rivals:
        fetches = [await _fetches(scene, rivals) for _ in range(size.few_rounds)]
        rows.append(over("Growth", f"fetchSIM calls for a sale, {rivals} at once", "", fetches, FETCHES))
    return rows


async def _fetches(scene: Scene, rivals: int) -> float:
    ours = await scene.ours()  # one that knows nothing of earlier looks
    await scene.sft.stock(1 + rivals)
    await sold(ours, 1, 1)
    before = await scene.sft.calls()
    await sold(ours, rivals, rivals)
    fetches = (await scene.sft.calls() - before)["fetchSIM"] / rivals
    await ours.worker.kill()
    return fetches
