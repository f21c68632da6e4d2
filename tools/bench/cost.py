"""What a sale and a top-up leave behind and are billed for, one after the other, without e-mail and webhook."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple

from tools.bench.actions import actions_in
from tools.bench.requests import HEARTBEAT, requests_of
from tools.bench.rest import Weight, end, rest
from tools.bench.scene import Scene
from tools.bench.side import Living, Side
from tools.bench.size import Size
from tools.bench.table import Goal, Row
from tools.demo.ports import LOOPBACK, free_ports

SALE: Final = Goal(9, "at most")
TOP_UP: Final = Goal(4, "at most")


class Bill(NamedTuple):
    """Of some runs together: events, bytes, and actions that their histories show."""

    events: float
    size_bytes: float
    actions: Counter[str]

    def since(self, before: "Bill") -> "Bill":
        """What was added since an earlier bill of these runs."""
        actions = self.actions - before.actions
        return Bill(self.events - before.events, self.size_bytes - before.size_bytes, actions)


async def bill(runs: Iterable[Living]) -> Bill:
    """Of these runs, once they are at rest."""
    whole = Weight(0, 0)
    actions: Counter[str] = Counter()
    for run in runs:
        weight = await rest(run)
        whole = Weight(whole.events + weight.events, whole.size_bytes + weight.size_bytes)
        actions += actions_in((await run.fetch_history()).events)
    return Bill(*whole, actions)


async def cost(scene: Scene, size: Size) -> list[Row]:
    """Events, bytes, billable actions and requests, of a sale and of a top-up either way."""
    address = f"{LOOPBACK}:{free_ports({'metrics': 0})['metrics']}"
    ours, floor = await scene.ours(metrics_address=address), await scene.floor()
    await scene.sft.stock(2 + 2 * size.costed)
    await end(ours, [await ours.sell()])  # the first needs a login, too

    sold: list[str] = []

    async def sell() -> None:
        sold.append(await ours.sell())

    rows: list[Row] = []
    requests = await _requests(address, size.costed, sell)
    bills = [await _bill_of_sale(side) for side in (ours, floor)]
    (run, our_bill), (floor_run, floor_sale) = bills
    rows += _rows("a sale", requests, our_bill, floor_sale, SALE)

    floor_bill = await _bill_of(floor_run, lambda: floor.top_up(floor_run.id))
    for way, buy in (("signal", ours.top_up), ("update", ours.buy)):

        async def top_up(buy: Callable[[str], Awaitable[None]] = buy) -> None:
            await buy(run.id)
            await rest(run)

        requests = await _requests(address, size.costed, top_up)
        rows += _rows(f"a top-up by {way}", requests, await _bill_of(run, top_up), floor_bill, TOP_UP)
    await end(ours, [*sold, run.id])
    await end(floor, [floor_run.id])
    return rows


async def _bill_of_sale(side: Side) -> tuple[Living, Bill]:
    workflow_id = await side.sell()
    run = side.run(workflow_id)
    started = (await run.fetch_history()).events[0].workflow_execution_started_event_attributes
    parent = side.run(started.parent_workflow_execution.workflow_id)
    return run, await bill([parent, run])


async def _bill_of(run: Living, work: Callable[[], Awaitable[None]]) -> Bill:
    before = await bill([run])
    await work()
    return (await bill([run])).since(before)


async def _requests(address: str, times: int, work: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """How many requests of each kind the worker sends for one piece of work, on average."""
    before = await requests_of(address)
    for _ in range(times):
        await work()
    requests = await requests_of(address) - before
    return {name: count / times for name, count in requests.items()}


def _rows(what: str, requests: Mapping[str, float], ours: Bill, floor: Bill, goal: Goal) -> list[Row]:
    group = f"Cost of {what}"
    heartbeats = requests.get(HEARTBEAT, 0)
    kinds = {**ours.actions, "heartbeat": heartbeats}
    return [
        Row(group, "billable actions", "", sum(kinds.values()), floor.actions.total(), goal=goal),
        *(Row(group, f"of them {kind}", "", count, floor.actions[kind]) for kind, count in kinds.items() if count),
        Row(group, "history", "events", ours.events, floor.events),
        Row(group, "history", "bytes", ours.size_bytes, floor.size_bytes),
        Row(group, "requests of the worker beside polls", "", sum(requests.values())),
        *(Row(group, f"of them {name}", "", count) for name, count in sorted(requests.items())),
    ]
