"""What encryption and the sandbox cost: sales of the product with and without."""

import asyncio
from functools import partial
from typing import Final

from tools.bench.load import load
from tools.bench.rest import end
from tools.bench.rounds import alternately
from tools.bench.sales import Flood, spending
from tools.bench.scene import Scene
from tools.bench.side import Ours, Side
from tools.bench.size import Size
from tools.bench.table import Goal, Row, against

GROUP: Final = "Encryption and sandbox"

AT_MOST: Final = Goal(1.15, "at most")

WARM: Final = 5
"""Sales before those that count."""


async def switches(scene: Scene, ours: Ours, size: Size) -> list[Row]:
    """What a sale costs, and sales a second; in the column of the floor is the product without the one thing."""
    encrypted, boxed = await asyncio.gather(scene.ours(encrypted=True), scene.ours("--sandboxed"))
    await scene.sft.stock(3 * (size.rounds * size.few_sales + WARM))

    # All are ended in the end. A claim that is gone while the worker of another side still remembers its eSIM as
    # available is sold again, which fails: it is active.
    living: dict[Side, list[str]] = {side: [] for side in (ours, encrypted, boxed)}

    async def sell(side: Side, count: int, in_flight: int) -> Flood:
        with spending(scene, side, count) as spent:
            found = await load(side.sell, count, in_flight)
        living[side] += found.results
        return Flood(found.per_second, spent)

    for side in (encrypted, boxed):
        await sell(side, WARM, WARM)
    sides = (partial(sell, side, size.few_sales, size.in_flight) for side in living)
    floods = await alternately(size.rounds, *sides)
    for side in (encrypted, boxed):
        await side.worker.kill()
    for seller, workflow_ids in living.items():
        await end(seller, workflow_ids)
    return _rows(*floods)


def _rows(plain: list[Flood], sealed: list[Flood], sandboxed: list[Flood]) -> list[Row]:
    computed = [[sum(one.cpu.values()) for one in rounds] for rounds in (sealed, plain)]
    rates = [[one.per_second for one in rounds] for rounds in (plain, sealed, sandboxed)]
    return [
        against(GROUP, "CPU of all processes for a sale with encryption, next to without", "ms", computed, AT_MOST),
        against(GROUP, "sales with encryption, next to those without", "a second", (rates[1], rates[0])),
        against(GROUP, "sales in the sandbox, next to those without", "a second", (rates[2], rates[0])),
    ]
