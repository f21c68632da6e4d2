"""What a look at a purchase that is completed costs, by REST: nobody but the shop and the server has to do anything."""

from typing import Final

import httpx

from portal.keys import ApiKeys
from tools.bench.load import load
from tools.bench.proc import cpu_seconds
from tools.bench.scene import Scene
from tools.bench.side import Ours
from tools.bench.size import Size
from tools.bench.table import Goal, Row

CHEAP: Final = Goal(25, "at most")

GROUP: Final = "A look at a completed purchase by REST"


async def looks(scene: Scene, ours: Ours, size: Size) -> list[Row]:
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
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        await load(look, size.sales, 1)
        spent = {name: 1000 * (cpu_seconds(pid) - before[name]) / size.sales for name, pid in pids.items()}
    await shop.kill()
    return [
        Row(GROUP, "CPU of all for a look", "ms", sum(spent.values()), goal=CHEAP),
        *(Row(GROUP, f"CPU of the {name} for a look", "ms", one) for name, one in spent.items()),
    ]
