"""The memory of workers whose cache is full."""

import asyncio
import itertools
from typing import Final

from tools.bench.load import load
from tools.bench.proc import rss_bytes
from tools.bench.rest import rest
from tools.bench.scene import Scene
from tools.bench.side import Side
from tools.bench.size import Size
from tools.bench.table import Goal, Row, against

AT_MOST: Final = Goal(1.5, "at most")
MEGABYTE: Final = 1024**2

WARM: Final = 15
"""Workflows after which everything is loaded that any needs."""

AT_ONCE: Final = 20

HALVES: Final = 2


async def memory(scene: Scene, size: Size) -> list[Row]:
    """What a thousand cached workflows take, and a thousand of which only some are cached, on new workers."""
    group = "Memory"
    bound = ("--cached", str(size.bound))
    sides = await asyncio.gather(scene.ours(), scene.floor(), scene.ours(*bound), scene.floor(*bound))
    megabytes = [await _megabytes(side, size.cached) for side in sides]
    return [
        against(group, "RSS of the worker for 1,000 cached subscriptions", "MB", megabytes[:2], AT_MOST),
        against(group, f"the same with a cache of {size.bound}, of {size.cached:,} alive", "MB", megabytes[2:]),
    ]


async def _megabytes(side: Side, count: int) -> list[float]:
    """For a thousand workflows: by the first half of so many, by the second, and by all, whose value is the median."""
    warm = (await load(side.begin, WARM, AT_ONCE)).results
    await rest(side.run(warm[-1]))
    before = rss_bytes(side.worker.pid)
    half = (count - WARM) // 2
    at = [before]
    for _ in range(HALVES):
        for workflow_id in (await load(side.begin, half, AT_ONCE)).results:
            await rest(side.run(workflow_id))
        at.append(rss_bytes(side.worker.pid))
    await side.worker.kill()
    first, second = (after - before for before, after in itertools.pairwise(at))
    return [grown / MEGABYTE / half * 1000 for grown in (first, (first + second) / HALVES, second)]
