"""What a year of purchases leaves: how long histories get, and what it costs a worker to take up an eSIM again that it
does not have in memory."""

from typing import Final

from contract.workflow_ids import endpoint_id_of
from tools.bench.proc import cpu_seconds
from tools.bench.rest import end, rest
from tools.bench.scene import Scene
from tools.bench.side import Living, Ours
from tools.bench.size import Size
from tools.bench.table import Goal, Row, Spread, over
from tools.bench.world import runs_of
from tools.simulator.plan import GIGABYTE

GROUP: Final = "A year of an eSIM"

COLD: Final = Goal(60, "at most")
SHORT: Final = Goal(300, "at most")

GRANTED_GIGABYTES: Final = 30


async def year(scene: Scene, size: Size) -> list[Row]:
    """An add-on a month, each used up; the worker has no cache, so that every question wakes the eSIM up cold."""
    await scene.sft.stock(1)
    cold = await scene.ours("--cached", "0")
    subscription_id = await cold.sell()
    run = cold.run(subscription_id)
    first = cold.client.get_workflow_handle(subscription_id, run_id=(await run.describe()).run_id)
    woken: list[float] = []
    for month in range(size.months):
        if month:
            await cold.buy(subscription_id)
        await scene.sft.use(endpoint_id_of(subscription_id), GRANTED_GIGABYTES * GIGABYTE)
        await run.execute_update("refresh_usage")
        await rest(run)
        woken.append(await _wake_up_ms(cold, run, size.woken))
    lengths = [len(events) for events in await runs_of(first)]
    await end(cold, [subscription_id])
    await cold.worker.kill()
    what = f"CPU of the worker for a cold wake-up in month {size.months}"
    return [
        Row(GROUP, what, "ms", woken[-1], goal=COLD, spread=Spread(min(woken), max(woken))),
        Row(GROUP, "the same in the month in which it is most", "ms", max(woken), goal=COLD),
        over(GROUP, "longest history of any run", "events", [max(lengths)], SHORT),
    ]


async def _wake_up_ms(cold: Ours, run: Living, times: int) -> float:
    before = cpu_seconds(cold.worker.pid)
    for _ in range(times):
        await run.query("subscription")
    return 1000 * (cpu_seconds(cold.worker.pid) - before) / times
