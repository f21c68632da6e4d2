"""One run: everything, row by row, on one scene."""

import sys
import time
from collections.abc import Awaitable
from pathlib import Path

from tools.bench.cost import cost
from tools.bench.growth import with_many_alive, with_many_purchases, with_many_rivals
from tools.bench.looks import looks
from tools.bench.memory import memory
from tools.bench.month import month
from tools.bench.outage import outage
from tools.bench.put_back import put_back
from tools.bench.sales import SEVERAL, latency, sold, throughput, top_ups
from tools.bench.scene import scene
from tools.bench.size import Size
from tools.bench.switches import switches
from tools.bench.table import Row
from tools.bench.year import year
from tools.chaos.site import OWN, Site


async def run(size: Size, directory: Path, rows: list[Row], site: Site = OWN) -> list[str]:
    """Measures everything, and adds the rows as they come; returns a sentence for each part that failed.

    Raises NotReady if the stage itself cannot be set.
    """
    begin = time.monotonic()
    problems: list[str] = []

    async def note(name: str, measured: Awaitable[list[Row]]) -> None:
        try:
            rows.extend(await measured)
        except Exception as error:  # whatever it is, what can be measured besides is
            problems.append(f"{name}: not measured ({type(error).__name__}: {error}); logs: {directory}")
        sys.stderr.write(f"{time.monotonic() - begin:4.0f} s  {name}\n")

    async with scene(directory, site) as stage:
        ours, metered, floor = await stage.ours(), await stage.metered(), await stage.floor()
        await stage.sft.stock(SEVERAL)
        for side in (ours, floor):
            await sold(side, SEVERAL, SEVERAL)  # what is slow only once is not measured
        await note("latency", latency(stage, ours, floor, size))
        await note("cost", cost(stage, metered, size))
        await note("months", month(size))
        await note("a year", year(stage, size))
        await note("looks by REST", looks(stage, metered, size))
        await note("looks at usage", put_back(stage, size))
        await note("rivals", with_many_rivals(stage, size))
        await note("throughput", throughput(stage, ours, floor, size))
        await note("top-ups", top_ups(stage, ours, floor, size))
        await note("encryption and sandbox", switches(stage, ours, size))
        await note("purchases on one eSIM", with_many_purchases(stage, ours, size))
        await note("an outage", outage(stage, metered, size))
        # These two come last, as they leave thousands alive: to end them takes the server longer than to measure them.
        await note("subscriptions alive", with_many_alive(stage, ours, floor, size))
        await note("memory", memory(stage, size))
    return problems
