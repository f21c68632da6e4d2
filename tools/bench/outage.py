"""How much a worker writes into its log while SFT is down and purchases wait."""

import asyncio
import time
from pathlib import Path
from typing import Final

from tools.bench.requests import failures_of
from tools.bench.rest import end
from tools.bench.scene import Scene
from tools.bench.size import Size
from tools.bench.table import Goal, Row
from tools.demo.ports import LOOPBACK, free_ports

GROUP: Final = "An outage of SFT"

QUIET: Final = Goal(100, "at most")

LOOK_SECONDS: Final = 0.25


async def outage(scene: Scene, size: Size) -> list[Row]:
    """Lines from the first purchase on, until each has failed some times; a part of a minute counts as a whole one, as
    most is said at the beginning."""
    address = f"{LOOPBACK}:{free_ports({'metrics': 0})['metrics']}"
    ours = await scene.ours(metrics_address=address)
    await scene.sft.stock(1)
    await end(ours, [await ours.sell()])
    await scene.sft.break_down()
    written, began = _lines(ours.worker.log), time.monotonic()
    waiting = [(await ours.start()).id for _ in range(size.waiting)]
    while await failures_of(address) < size.failures * size.waiting:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
    minutes = (time.monotonic() - began) / 60
    lines = _lines(ours.worker.log) - written
    await end(ours, waiting)
    await ours.worker.kill()
    await scene.sft.recover()
    what = f"lines of the worker's log, {size.waiting} purchases waiting"
    return [Row(GROUP, what, "a minute", lines / max(1.0, minutes), goal=QUIET)]


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n")
