"""``temporal workflow reset`` in the hand of an operator: to whatever event, nothing is sold or sent once more."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from contract.failure import CANCELLED
from contract.subscription import Subscription
from seller.sales import start_run
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault

CLI = str(Path(sys.executable).parent / "temporal")

SUBSCRIBE = "SubscribeAddon"
TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


async def tasks_of(run: WorkflowHandle[Any, Any]) -> list[int]:
    """The events to which a run can be reset."""
    return [event.event_id async for event in run.fetch_history_events() if event.event_type == TASK_COMPLETED]


async def reset(client: Client, workflow_id: str, run_id: str, event_id: int) -> None:
    at = ("--address", client.service_client.config.target_host, "--reason", "to see what happens")
    which = ("--workflow-id", workflow_id, "--run-id", run_id, "--event-id", str(event_id))
    process = await asyncio.create_subprocess_exec(
        CLI, "workflow", "reset", *which, *at, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    assert process.returncode == 0, complaint


async def sent(shop: Seller, times: int) -> None:
    async def is_sent() -> bool:
        return shop.platform.calls[SUBSCRIBE] == times

    await eventually(is_sent)


async def taken_up(shop: Seller, endpoint_id: str) -> Subscription:
    async def is_taken_up() -> Subscription | None:
        restored = await shop.run_of(endpoint_id).query("restoration")
        return await shop.subscription(endpoint_id) if restored and restored["is_checked"] else None

    return await eventually(is_taken_up)


@pytest.mark.long
async def test_a_completed_purchase_that_is_reset_anywhere_returns_what_it_sold(shop: Seller) -> None:
    purchase = shop.purchase()
    run = await start_run(shop.client, shop.task_queue, purchase)
    sold, first = await run.result(), run.result_run_id or ""
    tasks = await tasks_of(shop.client.get_workflow_handle(run.id, run_id=first))
    for event_id in (tasks[0], tasks[len(tasks) // 2], tasks[-1]):
        await reset(shop.client, run.id, first, event_id)
        again = await shop.client.get_workflow_handle(run.id, result_type=type(sold)).result()
        assert again == sold
    assert shop.platform.calls[SUBSCRIBE] == 1


@pytest.mark.long
async def test_a_subscription_that_is_reset_anywhere_provisions_nothing_again(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    first = (await run.describe()).run_id
    for order in ("suspend", "resume"):
        await run.execute_update("purchase_addon", shop.addon())
        await run.execute_update(order, {"reason": "system"})
    await run.signal("addon_purchased", shop.addon())
    before = await shop.settled(sold.endpoint_id)
    tasks = await tasks_of(shop.client.get_workflow_handle(run.id, run_id=first))
    for event_id in (tasks[0], tasks[len(tasks) // 2], tasks[-1]):
        await reset(shop.client, run.id, first, event_id)
        after = await taken_up(shop, sold.endpoint_id)
        assert [addon.unique_id for addon in after.addons] == [addon.unique_id for addon in before.addons]
        assert after.status == "active"
    assert (await run.execute_update("purchase_addon", shop.addon()))["status"] == "provisioned"
    assert shop.platform.calls[SUBSCRIBE] == 5


async def test_a_top_up_that_is_under_way_at_a_reset_is_looked_up_and_what_came_meanwhile_is_bought(
    client: Client,
) -> None:
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        endpoint_id = (await shop.sell()).endpoint_id
        run = shop.run_of(endpoint_id)
        shop.platform.order(Fault(call=SUBSCRIBE, kind="delay", delay_seconds=6))
        await run.signal("addon_purchased", shop.addon())
        await sent(shop, 2)
        await run.signal("addon_purchased", later := shop.addon())  # a task after the one that sent it
        await eventually(lambda: _knows(shop, endpoint_id, later.purchase_id))
        described = await run.describe()
        await reset(client, run.id, described.run_id, (await tasks_of(run))[-1])
        await taken_up(shop, endpoint_id)
        subscription = await shop.settled(endpoint_id)
        there = [instance.unique_id for instance in shop.platform.endpoint(endpoint_id).addons]
        assert sorted(addon.unique_id or "" for addon in subscription.addons) == sorted(there)
        assert len(there) == shop.platform.calls[SUBSCRIBE] == 3


async def _knows(shop: Seller, endpoint_id: str, purchase_id: str) -> bool:
    return any(addon.purchase_id == purchase_id for addon in (await shop.subscription(endpoint_id)).addons)


async def test_a_purchase_that_is_reset_before_it_sold_fails_and_sends_nothing_again(client: Client) -> None:
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        shop.platform.order(Fault(call=SUBSCRIBE, kind="delay", delay_seconds=4))
        run = await shop.start()
        await sent(shop, 1)
        await reset(client, run.id, run.result_run_id or "", (await tasks_of(run))[-1])
        with pytest.raises(WorkflowFailureError) as failed:
            await client.get_workflow_handle(run.id).result()
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == CANCELLED
        assert "start the purchase again" in failed.value.cause.message
        assert shop.platform.calls[SUBSCRIBE] == 1
