"""How much a worker writes into its log while SFT is down and purchases wait."""

import asyncio
import time
from pathlib import Path
from typing import Final

from tools.bench.requests import failures_of
from tools.bench.rest import end
from tools.bench.scene import Scene
from tools.bench.side import Metered
from tools.bench.size import Size
from tools.bench.table import Goal, Row

GROUP: Final = "An outage of SFT"

QUIET: Final = Goal(100, "at most")

LOOK_SECONDS: Final = 0.25


async def outage(scene: Scene, ours: Metered, size: Size) -> list[Row]:
    """Lines from the first purchase on, until each has failed some times; a part of a minute counts as a whole one, as
    most is said at the beginning."""
    await scene.sft.break_down()
    failed = await failures_of(ours.metrics_address) + size.failures * size.waiting
    written, began = _lines(ours.worker.log), time.monotonic()
    waiting = [(await ours.start()).id for _ in range(size.waiting)]
    while await failures_of(ours.metrics_address) < failed:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
    minutes = (time.monotonic() - began) / 60
    lines = _lines(ours.worker.log) - written
    await end(ours, waiting)
    await scene.sft.recover()
    what = f"lines of the worker's log, {size.waiting} purchases waiting"
    return [Row(GROUP, what, "a minute", lines / max(1.0, minutes), goal=QUIET)]


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n")
