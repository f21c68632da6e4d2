"""What a look at a purchase that is completed costs, by REST: nobody but the shop and the server has to do anything."""

from collections import Counter
from typing import Final

import httpx

from portal.keys import ApiKeys
from tools.bench.load import load
from tools.bench.proc import cpu_seconds
from tools.bench.requests import requests_of
from tools.bench.rest import end
from tools.bench.scene import Scene
from tools.bench.side import Metered
from tools.bench.size import Size
from tools.bench.table import Goal, Row, over

CHEAP: Final = Goal(25, "at most")
NOBODY: Final = Goal(0, "at most")

GROUP: Final = "A look at a completed purchase by REST"

ANSWERS: Final = ("RespondQueryTaskCompleted", "RespondWorkflowTaskCompleted", "RespondActivityTaskCompleted")
"""What a worker sends if it was asked for anything."""


async def looks(scene: Scene, ours: Metered, size: Size) -> list[Row]:
    """CPU of each process for one, in milliseconds, and of all together. Raises HTTPStatusError if one is refused."""
    await scene.sft.stock(1)
    sold = await (await ours.start()).result()
    file = scene.directory / "keys.json"
    key = ApiKeys(file).add("bench")
    shop, url = await scene.shop(ours, file)
    pids = {"shop": shop.pid, **scene.server_pid, "worker": ours.worker.pid}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=60) as http:

        async def look() -> None:
            (await http.get(f"{url}/api/purchases/{sold.addon.purchase_id}")).raise_for_status()

        await load(look, size.single_sales, 1)
        count = size.sales // size.rounds  # in all no more than a key may at once
        asked, rounds = _asked(await requests_of(ours.metrics_address)), []
        for _ in range(size.rounds):
            before = {name: cpu_seconds(pid) for name, pid in pids.items()}
            await load(look, count, 1)
            rounds.append({name: 1000 * (cpu_seconds(pid) - before[name]) / count for name, pid in pids.items()})
        asked = _asked(await requests_of(ours.metrics_address)) - asked
    await shop.kill()
    await end(ours, [sold.subscription_id])
    return [
        over(GROUP, "CPU of all for a look", "ms", [sum(spent.values()) for spent in rounds], CHEAP),
        *(over(GROUP, f"CPU of the {name} for a look", "ms", [spent[name] for spent in rounds]) for name in pids),
        Row(GROUP, f"times that a worker was asked, for {size.rounds * count} looks", "", asked, goal=NOBODY),
    ]


def _asked(requests: Counter[str]) -> int:
    return sum(requests[answer] for answer in ANSWERS)
