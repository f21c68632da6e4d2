"""Many eSIMs alive on a real server, in real time: what one of them, a look at it and news of it take.

Looks are half a day apart. So that thousands come in minutes, those of many eSIMs are due one just after the other,
which is the load of many more eSIMs on an ordinary day.
"""

import asyncio
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Final

from temporalio.client import Client

from contract.esim import ProvisionedEsim
from contract.purchase import EsimPurchase
from contract.workflow_ids import endpoint_id_of, provision_id
from seller.sales import start_run
from tools.bench.actions import actions_in
from tools.bench.load import load
from tools.bench.sft import PLAN
from tools.chaos.process import NotReady
from tools.scale.crowd import GRANTED, Crowd, Run, counted, dues, sample
from tools.scale.size import Size
from tools.scale.stage import TASK_QUEUE, stage
from tools.scale.units import Alive, Cost, Wait
from tools.scale.waited import waited

FAR: Final = timedelta(hours=12)

IN_HAND: Final = 1.3
"""How much longer than those before they may take to begin until the first look is due."""

GAP_SECONDS: Final = 5.0
"""Between one thing that is measured and the next."""

NEWS_PACE: Final = 0.3
"""Of the pace of the looks: news costs more."""

USED: Final = GRANTED * 85 // 100
"""So that it is news of which a portal is told."""

WARM: Final = 15
"""Subscriptions after which everything is loaded that any needs."""

IN_FLIGHT: Final = 20
"""Sales at once."""


async def alive(directory: Path, size: Size) -> Alive:
    """Raises NotReady if a process does not get ready."""
    async with stage(directory) as (made, client):
        crowd = Crowd(made, client, iter(await made.add_sold(size.subscriptions)))
        return await _measured(crowd, size)


async def _measured(crowd: Crowd, size: Size) -> Alive:
    at, server_bytes = crowd.stage, crowd.stage.rss("temporal")
    pace, cost = await _most(crowd, size)
    size = size.within(pace)
    first = datetime.now(UTC) + timedelta(
        seconds=(size.looks + size.news) / pace * IN_HAND + GAP_SECONDS + size.idle_seconds
    )
    looks = dues(first, pace, size.looks)
    late = dues(looks[-1] + timedelta(seconds=2 * GAP_SECONDS), pace * NEWS_PACE, size.news)
    looked_at = await crowd.begin(looks, _never())
    used = await crowd.begin(late, _never())
    for run in used:
        await at.use(endpoint_id_of(run.id), USED)
    await crowd.rest(size.idle_seconds)
    worker_mb, grown = at.rss("worker") / 1024**2, at.rss("temporal") - server_bytes
    waits, made = await waited(at.address, TASK_QUEUE), await crowd.attempts()
    _note(f"{len(crowd.runs):,} alive, {pace:.1f} begun a second")
    if datetime.now(UTC) > first:
        raise NotReady("eSIMs could not be begun in time: this machine has more to do than before, so try again later")
    await _until(first)
    look = await crowd.cost(sample(looked_at), lambda: crowd.looked(size.looks, made + size.looks))
    waits = await waited(at.address, TASK_QUEUE) - waits
    await _until(late[0])
    news = await crowd.cost(sample(used), lambda: crowd.looked(size.news, made + size.looks + size.news))
    _note(f"{size.looks:,} looks and {size.news:,} news")
    sold = await _sales(crowd, size)
    return Alive(
        asked=size.subscriptions,
        alive=len(crowd.runs),
        begin=cost,
        look=look,
        news=news,
        **sold,
        idle_worker_cores=crowd.idle["worker"],
        idle_server_cores=crowd.idle["temporal"],
        worker_mb=worker_mb,
        server_kb_each=grown / 1024 / len(crowd.runs),
        wait=_wait(waits),
    )


def _note(what: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S}  {what}\n")


def _never() -> float:
    return float("inf")


async def _until(moment: datetime) -> None:
    """Wakes up just before it."""
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds() - 2))


async def _most(crowd: Crowd, size: Size) -> tuple[float, Cost]:
    """Begins those of which nothing is wanted but that they live, and tells how many a second, and what one costs."""
    far = datetime.now(UTC) + FAR
    await crowd.begin([far] * WARM, _never())
    count = size.subscriptions - size.looks - size.news - WARM
    begun: list[Run] = []

    async def work() -> int:
        begun.extend(await crowd.begin([far] * count, time.monotonic() + size.begin_seconds))
        return len(begun)

    cost = await crowd.cost([], work)
    few = sample(begun)
    weight = await counted(few)
    each = {"transitions": weight.transitions / len(few), "events": weight.events / len(few)}
    return cost.per_second, cost.model_copy(update=each)


async def _sales(crowd: Crowd, size: Size) -> dict[str, object]:
    """Sells while all are alive."""
    at, client = crowd.stage, crowd.client
    await at.sft.stock(size.sales)
    before, numbers = await at.sft.calls(), iter(range(size.sales))
    sold: list[ProvisionedEsim] = []

    async def sell() -> None:
        number = next(numbers)
        purchase = EsimPurchase(purchase_id=f"B-{number}", traveler_id=f"T-{number}", product="Month", plan_id=PLAN)
        sold.append(await (await start_run(client, TASK_QUEUE, purchase)).result())

    async def work() -> int:
        await load(sell, size.sales, IN_FLIGHT)
        for esim in sold:
            await _rest(client, esim)
        return len(sold)

    cost = await crowd.cost([], work)
    calls = await at.sft.calls() - before
    bills = [await _bill(client, esim) for esim in sold[:5]]
    runs = [client.get_workflow_handle(name) for esim in sold[:5] for name in _names(esim)]
    weight, each = await counted(runs), min(5, len(sold))
    return {
        "sale": cost.model_copy(update={"transitions": weight.transitions / each, "events": weight.events / each}),
        "sale_actions": {
            name: mean(bill[name] for bill, _ in bills) for name in sorted(set().union(*(b for b, _ in bills)))
        },
        "sale_bytes": mean(size_bytes for _, size_bytes in bills),
        "sale_calls": {name: count / size.sales for name, count in sorted(calls.items())},
    }


async def _rest(client: Client, esim: ProvisionedEsim) -> None:
    """Waits until its subscription has taken over what was sold."""
    run = client.get_workflow_handle(esim.subscription_id)
    while (await run.describe()).raw_description.HasField("pending_workflow_task"):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def _names(esim: ProvisionedEsim) -> tuple[str, str]:
    return provision_id(esim.addon.purchase_id), esim.subscription_id


async def _bill(client: Client, esim: ProvisionedEsim) -> tuple[Counter[str], int]:
    """The actions of a sale, and the bytes of its purchase."""
    purchase, subscription = [(await client.get_workflow_handle(name).fetch_history()).events for name in _names(esim)]
    return actions_in([*purchase, *subscription]), sum(event.ByteSize() for event in purchase)


def _wait(buckets: Counter[str]) -> Wait:
    looks = buckets["+Inf"]
    within = {bound: count / looks for bound, count in buckets.items() if bound != "+Inf" and looks}
    return Wait(looks=looks, within=within)
