"""What encryption and the sandbox cost: sales of the product with and without."""

import asyncio
from functools import partial
from typing import Final

from tools.bench.load import load
from tools.bench.rest import end
from tools.bench.rounds import medians
from tools.bench.scene import Scene
from tools.bench.side import Ours, Side
from tools.bench.size import Size
from tools.bench.table import Row, against

GROUP: Final = "Encryption and sandbox"

WARM: Final = 5
"""Sales before those that count."""


async def switches(scene: Scene, ours: Ours, size: Size) -> list[Row]:
    """Sales a second; in the column of the floor is the product without the one thing."""
    encrypted, boxed = await asyncio.gather(scene.ours(encrypted=True), scene.ours("--sandboxed"))
    await scene.sft.stock(3 * (size.few_rounds * size.few_sales + WARM))

    # All are ended in the end. A claim that is gone while the worker of another side still remembers its eSIM as
    # available is sold again, which fails: it is active.
    living: dict[Side, list[str]] = {side: [] for side in (ours, encrypted, boxed)}

    async def sell(side: Side, count: int, in_flight: int) -> float:
        found = await load(side.sell, count, in_flight)
        living[side] += found.results
        return found.per_second

    async def rate(side: Side) -> float:
        return await sell(side, size.few_sales, size.in_flight)

    for side in (encrypted, boxed):
        await sell(side, WARM, WARM)
    plain, sealed, sandboxed = await medians(size.few_rounds, *(partial(rate, one) for one in (ours, encrypted, boxed)))
    for side in (encrypted, boxed):
        await side.worker.kill()
    for seller, workflow_ids in living.items():
        await end(seller, workflow_ids)
    return [
        against(GROUP, "sales with encryption, next to those without", "a second", (sealed, plain)),
        against(GROUP, "sales in the sandbox, next to those without", "a second", (sandboxed, plain)),
    ]
