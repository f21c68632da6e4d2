"""What a sale and a top-up leave behind and are billed for, one after the other, without e-mail and webhook."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Final, NamedTuple

from tools.bench.actions import actions_in
from tools.bench.requests import HEARTBEAT, requests_of
from tools.bench.rest import end, rest
from tools.bench.scene import Scene
from tools.bench.side import Living, Metered, Side
from tools.bench.size import Size
from tools.bench.table import Goal, Row, over
from tools.bench.weigh import BARE, lasting_bytes

SALE: Final = Goal(9, "at most")
TOP_UP: Final = Goal(4, "at most")


class Bill(NamedTuple):
    """Of some runs together: events, bytes, and actions that their histories show. ``lasting_bytes``: see weigh.py."""

    events: float
    size_bytes: float
    lasting_bytes: float
    actions: Counter[str]

    def since(self, before: "Bill") -> "Bill":
        """What was added since an earlier bill of these runs."""
        return Bill(
            self.events - before.events,
            self.size_bytes - before.size_bytes,
            self.lasting_bytes - before.lasting_bytes,
            self.actions - before.actions,
        )


class Costs(NamedTuple):
    """What was billed for each time that it was done, and which requests the worker sent for it."""

    bills: list[Bill]
    requests: list[Counter[str]]


async def bill(runs: Iterable[Living]) -> Bill:
    """Of these runs, once they are at rest."""
    whole = Bill(0, 0, 0, Counter())
    for run in runs:
        weight = await rest(run)
        events = (await run.fetch_history()).events
        sizes = (whole.events + weight.events, whole.size_bytes + weight.size_bytes)
        whole = Bill(*sizes, whole.lasting_bytes + lasting_bytes(events), whole.actions + actions_in(events))
    return whole


async def cost(scene: Scene, ours: Metered, size: Size) -> list[Row]:
    """Events, bytes, billable actions and requests, of a sale and of a top-up either way."""
    floor = await scene.floor()
    await scene.sft.stock(1 + 2 * size.costed)
    await end(ours, [await ours.sell()])  # the first needs a login, too

    sold: list[Living] = []

    async def sell() -> Bill | None:
        run, of_sale = await _bill_of_sale(ours)
        sold.append(run)
        subscription: dict[str, object] = await run.query("subscription", result_type=dict)
        return of_sale if subscription["msisdn"] else None  # every third has none: a shorter history

    floor_run, floor_sale = await _bill_of_sale(floor)
    rows = _rows("a sale", await _costs(ours, size.costed, sell), floor_sale, SALE)

    floor_bill = await _bill_of(floor_run, lambda: floor.top_up(floor_run.id))
    for way, buy in (("signal", ours.top_up), ("update", ours.buy)):
        # One for each run: after some more it would continue as new.
        runs = iter(sold)

        async def top_up(buy: Callable[[str], Awaitable[None]] = buy, runs: Iterator[Living] = runs) -> Bill:
            run = next(runs)
            return await _bill_of(run, partial(buy, run.id))

        costs = await _costs(ours, size.costed, top_up)
        rows += _rows(f"a top-up by {way}", costs, floor_bill, TOP_UP)
    await end(ours, [one.id for one in sold])
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


async def _costs(ours: Metered, times: int, work: Callable[[], Awaitable[Bill | None]]) -> Costs:
    """Of so many pieces of work that came to a bill."""
    costs = Costs([], [])
    while len(costs.bills) < times:
        before = await requests_of(ours.metrics_address)
        if of_one := await work():
            costs.bills.append(of_one)
            costs.requests.append(await requests_of(ours.metrics_address) - before)
    return costs


def _rows(what: str, costs: Costs, floor: Bill, goal: Goal) -> list[Row]:
    group, bills = f"Cost of {what}", costs.bills
    actions = [
        each.actions + Counter({"heartbeat": requests[HEARTBEAT]})
        for each, requests in zip(bills, costs.requests, strict=True)
    ]
    return [
        over(group, "billable actions", "", [each.total() for each in actions], goal, floor.actions.total()),
        *_of_each_kind(group, actions, floor.actions),
        over(group, "history", "events", [bill.events for bill in costs.bills], floor=floor.events),
        over(group, "history", "bytes", [bill.size_bytes for bill in costs.bills], floor=floor.size_bytes),
        over(
            group, f"history {BARE}", "bytes", [bill.lasting_bytes for bill in costs.bills], floor=floor.lasting_bytes
        ),
        over(group, "requests of the worker beside polls", "", [each.total() for each in costs.requests]),
        *_of_each_kind(group, costs.requests),
    ]


def _of_each_kind(group: str, counts: Sequence[Counter[str]], floor: Counter[str] | None = None) -> list[Row]:
    rows = []
    for kind in sorted(set[str]().union(*counts)):
        values = [each[kind] for each in counts]
        if median(values):
            rows.append(over(group, f"of them {kind}", "", values, floor=None if floor is None else floor[kind]))
    return rows
