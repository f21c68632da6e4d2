"""Purchases that wait for stock share one look, and each is handed an eSIM of its own."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities import stock_queue
from contract.workflow_ids import hand_out_id
from tests.support.encrypting_shop import encrypting_shop
from tests.support.seller import Run, Seller, eventually, seller
from tests.support.short_histories import short_histories
from tools.bench.actions import actions_in
from tools.simulator.fault import Fault


def hand_out(shop: Seller) -> WorkflowHandle[Any, Any]:
    return shop.client.get_workflow_handle(hand_out_id(shop.task_queue))


async def pending(run: WorkflowHandle[Any, Any]) -> PendingActivityInfo:
    async def one() -> PendingActivityInfo | None:
        found = (await run.describe()).raw_description.pending_activities
        return found[0] if found else None

    return await eventually(one)


async def waiting(shop: Seller, count: int) -> list[Run]:
    """So many purchases that wait, each in its place, for what a run hands out that has begun."""
    runs = [await shop.start() for _ in range(count)]
    for run in runs:
        await shop.reaches(run, "waiting_for_stock")
        assert (await pending(run)).activity_type.name == "wait_for_stock"

    async def is_handed_out() -> bool:
        try:
            return (await hand_out(shop).describe()).status == WorkflowExecutionStatus.RUNNING
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False

    await eventually(is_handed_out)
    return runs


async def looked(shop: Seller, more: int) -> None:
    """Once so many more looks were made for all who wait."""
    before = (await pending(hand_out(shop))).attempt

    async def is_so() -> bool:
        return (await pending(hand_out(shop))).attempt >= before + more

    await eventually(is_so)


async def test_those_that_wait_share_one_look_and_cost_nothing_by_waiting(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        runs = await waiting(shop, 10)
        await looked(shop, 1)
        shop.platform.calls.clear()
        await looked(shop, 2)
        assert 1 <= shop.platform.calls["fetchSIM"] <= 3
        shop.platform.add_esims(10)
        sales = await asyncio.gather(*(run.result() for run in runs))
        assert len({sale.endpoint_id for sale in sales}) == 10
        assert shop.platform.calls["fetchSIM"] <= 10
        for run in runs:
            attempts = actions_in((await run.fetch_history()).events)["activity attempt"]
            assert attempts == 4  # its place in the queue, and the three of any sale


async def test_an_sft_that_fails_in_between_keeps_nobody_waiting_for_long(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        runs = await waiting(shop, 2)
        shop.platform.order(Fault(call="fetchSIM", kind="error_before", skip=1))
        shop.platform.add_esims(2)
        await asyncio.gather(*(run.result() for run in runs))
        events = (await hand_out(shop).fetch_history()).events
        started = [event.activity_task_started_event_attributes for event in events]
        attempts = [attributes.attempt for attributes in started if attributes.attempt]
        assert attempts[1:] == [1]


async def test_who_was_cancelled_takes_no_esim_from_the_others(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        gone, stays = await waiting(shop, 2)
        await gone.cancel()
        with pytest.raises(WorkflowFailureError):
            await gone.result()
        [endpoint] = shop.platform.add_esims(1)
        assert (await stays.result()).endpoint_id == endpoint.endpoint_id


async def test_a_place_outlives_the_worker_that_took_it(client: Client) -> None:
    async with seller(client, esims=0) as shop:
        async with shop.working():
            [run] = await waiting(shop, 1)
        shop.platform.add_esims(1)
        async with shop.working():
            await run.result()


async def test_a_hand_out_that_somebody_terminated_is_begun_anew_by_the_next_that_waits(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        [first] = await waiting(shop, 1)
        await hand_out(shop).terminate()
        [second] = await waiting(shop, 1)
        shop.platform.add_esims(2)
        await asyncio.gather(first.result(), second.result())


async def test_it_ends_once_nobody_waits_and_asks_sft_nothing_by_then(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_queue, "LISTED_WITHIN", timedelta(0))
    async with seller(client, esims=0) as shop, shop.working():
        [run] = await waiting(shop, 1)
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        shop.platform.calls.clear()
        await hand_out(shop).result()
        assert shop.platform.calls["fetchSIM"] == 0
        [again] = await waiting(shop, 1)
        assert (await hand_out(shop).describe()).status == WorkflowExecutionStatus.RUNNING
        shop.platform.add_esims(1)
        await again.result()


async def test_that_sft_refuses_the_credentials_is_told_to_all_who_wait(client: Client) -> None:
    async with seller(client, esims=0) as shop:
        async with shop.working():
            runs = await waiting(shop, 2)
        correct, shop.settings = shop.settings, {"sft_password": "wrong"}
        async with shop.working():
            for run in runs:

                async def told(run: Run = run) -> bool:
                    return "SFT_PASSWORD" in (await shop.progress(run)).detail

                await eventually(told)
        shop.settings = correct
        shop.platform.add_esims(2)
        async with shop.working():
            await asyncio.gather(*(run.result() for run in runs))


async def test_an_esim_that_is_handed_out_is_encrypted_for_who_gets_it(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        for endpoint in shop.platform.endpoints:
            shop.platform.set_status(endpoint.endpoint_id, "Active")
        [run] = await waiting(shop, 1)
        [endpoint] = shop.platform.add_esims(1)
        assert (await run.result()).activation_code == endpoint.activation_code
        assert endpoint.activation_code not in str((await run.fetch_history()).to_json())


async def test_nonsense_by_its_signal_changes_nothing(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        [run] = await waiting(shop, 1)
        for nonsense in ([None], [7], [{"count": 9}], ["x", "y"]):
            await hand_out(shop).signal("look_again", args=nonsense)
        shop.platform.add_esims(1)
        await run.result()


@pytest.mark.long
async def test_more_may_wait_than_one_history_holds() -> None:
    async with short_histories(events=30) as client, seller(client, esims=0) as shop, shop.working():
        runs = await waiting(shop, 30)

        async def has_gone_on() -> bool:
            of_all = client.list_workflows(f"WorkflowId = '{hand_out_id(shop.task_queue)}'")
            return len([run async for run in of_all]) > 1

        await eventually(has_gone_on)
        shop.platform.add_esims(30)
        assert len({sale.endpoint_id for sale in await asyncio.gather(*(run.result() for run in runs))}) == 30
