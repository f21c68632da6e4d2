"""Records the histories that tests/workflows/test_replay.py replays: ``python -m tests.histories``.

Each path is walked on a real server against the simulated SFT, and every run that came of it is written down. Runs in
the wild have histories like these: code that can not replay them would stop those runs.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from temporalio.client import Client, WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from domain.purchase import PlanAmendment
from leaving import leave
from simulator.fault import Fault
from tests.seller import Seller, eventually, seller
from tests.short_histories import short_histories
from workflows.intake import data_converter

HISTORIES = Path(__file__).parent / "workflows" / "histories"
LIFECYCLE = "EndPointLifeCycleChange"
SUBSCRIBE = "SubscribeAddon"


async def plain_sale(shop: Seller) -> None:
    await shop.sell()


async def adoption(shop: Seller) -> None:
    shop.platform.order(Fault(call=SUBSCRIBE, kind="answer_lost"))
    await shop.sell()


async def sent_again_and_surplus(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call=SUBSCRIBE, kind="late", delay_seconds=6))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())

    async def removed() -> bool:
        return bool((await shop.subscription(sold.endpoint_id)).surplus_removed)

    await eventually(removed)


async def quarantined(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected"))
    await shop.sell()


async def stranger(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="already_active"))
    await shop.sell()


async def unanswered_activation(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="answer_lost"))
    await shop.sell()


async def amended_plan(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id="PLAN-WAKANDA-DAILY"))
    await run.result()


async def cancelled_at_needs_attention(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    await run.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def released(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="rate_limited", times=0))
    run = await shop.start()
    await shop.reaches(run, "activating")
    await run.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def waiting_for_stock(shop: Seller) -> None:
    for endpoint in shop.platform.endpoints:
        shop.platform.set_status(endpoint.endpoint_id, "Active")
    run = await shop.start()
    await shop.reaches(run, "waiting_for_stock")
    shop.platform.add_esims(1)
    await run.result()


async def top_ups(shop: Seller) -> None:
    sold = await shop.sell()
    for _ in range(12):
        await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
        await shop.settled(sold.endpoint_id)
    shop.platform.order(Fault(call=SUBSCRIBE, kind="rejected"))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    await shop.settled(sold.endpoint_id)
    await shop.run_of(sold.endpoint_id).cancel()
    await shop.run_of(sold.endpoint_id).result()


Walk = Callable[[Seller], Awaitable[None]]
ORDINARY: tuple[Walk, ...] = (
    plain_sale,
    adoption,
    sent_again_and_surplus,
    quarantined,
    stranger,
    unanswered_activation,
    amended_plan,
    cancelled_at_needs_attention,
    released,
    waiting_for_stock,
)


async def record(client: Client, path: Walk) -> None:
    """Walks the path, and writes every run of it to a file of its own."""
    async with seller(client) as shop, shop.working():
        await path(shop)
        runs = [run async for run in client.list_workflows(f"TaskQueue = '{shop.task_queue}'")]
        for number, run in enumerate(sorted(runs, key=lambda run: (run.start_time, run.id))):
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            history = await handle.fetch_history()
            written = {"workflow_id": run.id, "history": history.to_json_dict()}
            file = HISTORIES / f"{path.__name__}-{number}-{run.workflow_type}.json"
            file.write_text(json.dumps(written, indent=1) + "\n")
        sys.stdout.write(f"{path.__name__}: {len(runs)} runs\n")


async def main() -> None:
    """Replaces all recorded histories."""
    HISTORIES.mkdir(exist_ok=True)
    for old in HISTORIES.glob("*.json"):
        old.unlink()
    server = str(Path(sys.executable).parent / "temporal")
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=server, dev_server_log_level="error", data_converter=data_converter
    ) as environment:
        for path in ORDINARY:
            await record(environment.client, path)
    async with short_histories(events=30) as client:
        await record(client, top_ups)


if __name__ == "__main__":
    asyncio.run(main())
    leave(0)
