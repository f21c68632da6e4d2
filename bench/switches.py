"""What encryption and the sandbox cost: sales of the product with and without."""

import asyncio
from functools import partial
from typing import Final

from bench.rounds import medians
from bench.sales import sold
from bench.scene import Scene
from bench.side import Ours, Side
from bench.size import Size
from bench.table import Row, against

GROUP: Final = "Encryption and sandbox"

WARM: Final = 5
"""Sales before those that count."""


async def switches(scene: Scene, ours: Ours, size: Size) -> list[Row]:
    """Sales a second; in the column of the floor is the product without the one thing."""
    encrypted, boxed = await asyncio.gather(scene.ours(encrypted=True), scene.ours("--sandboxed"))
    await scene.sft.stock(3 * (size.few_rounds * size.few_sales + WARM))

    async def rate(side: Side) -> float:
        return (await sold(side, size.few_sales, size.in_flight)).per_second

    for side in (encrypted, boxed):
        await sold(side, WARM, WARM)
    plain, sealed, sandboxed = await medians(size.few_rounds, *(partial(rate, one) for one in (ours, encrypted, boxed)))
    for side in (encrypted, boxed):
        await side.worker.kill()
    return [
        against(GROUP, "sales with encryption, next to those without", "a second", (sealed, plain)),
        against(GROUP, "sales in the sandbox, next to those without", "a second", (sandboxed, plain)),
    ]
