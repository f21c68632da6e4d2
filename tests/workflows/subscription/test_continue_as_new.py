"""A subscription that lives for long: it continues as new, here after 30 events instead of thousands."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from contract.addon import Addon
from contract.purchase import AddonPurchase
from contract.subscription import Subscription
from tests.support.event_receiver import EventReceiver, listening
from tests.support.seller import Seller, eventually, seller
from tests.support.short_histories import short_histories
from tests.support.subscription_states import bought, state_with
from tools.simulator.fault import Fault
from workflows.state import SubscriptionState


@pytest.fixture(scope="module")
async def hasty() -> AsyncIterator[Client]:
    async with short_histories(events=30) as client:
        yield client


@pytest.fixture
async def shop(hasty: Client) -> AsyncIterator[Seller]:
    async with seller(hasty) as shop, shop.working():
        yield shop


async def run_id(shop: Seller, endpoint_id: str) -> str | None:
    return (await shop.run_of(endpoint_id).describe()).run_id


def assert_one_instance_each(shop: Seller, subscription: Subscription, sent: list[AddonPurchase]) -> None:
    bought = [addon.purchase_id for addon in subscription.addons[1:]]
    assert sorted(bought) == [purchase.purchase_id for purchase in sent]
    there = [instance.unique_id for instance in shop.platform.endpoint(subscription.endpoint_id).addons]
    assert [addon.unique_id for addon in subscription.addons] == there
    assert shop.platform.calls["SubscribeAddon"] == len(there)


@pytest.mark.long
async def test_signals_without_pause_are_neither_lost_nor_doubled_in_ten_continue_as_news(hasty: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(hasty, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        sent, run_ids = [shop.addon()], {await run_id(shop, sold.endpoint_id)}
        while len(run_ids) < 11:
            sent += [shop.addon()] if len(sent) < 5 * len(run_ids) else []
            await asyncio.gather(*(run.signal("addon_purchased", purchase) for purchase in sent[-3:]))
            run_ids.add(await run_id(shop, sold.endpoint_id))
        assert_one_instance_each(shop, await shop.settled(sold.endpoint_id), sent)

        async def all_told() -> bool:
            return len(portal.events) > len(sent)

        await eventually(all_told)
        told = [event.addon.purchase_id for event in portal.events if event.addon]
        assert sorted(told) == sorted([sold.addon.purchase_id, *(purchase.purchase_id for purchase in sent)])
        numbers = [int(event.event_id.rpartition("-")[2]) for event in portal.events]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.long
async def test_what_only_a_newer_build_knows_of_the_state_is_carried_on(shop: Seller) -> None:
    endpoint = shop.platform.endpoints[0]
    endpoint.status = "Active"
    state = state_with([bought(1)], endpoint.endpoint_id)
    first = await shop.client.start_workflow(
        "TravelerSubscriptionWorkflow",
        state.model_dump(mode="json") | {"new_in_9_9": {"kept": True}},
        id=state.subscription.subscription_id,
        task_queue=shop.task_queue,
    )
    run = shop.run_of(endpoint.endpoint_id)
    while await run_id(shop, endpoint.endpoint_id) == first.result_run_id:
        await run.execute_update("purchase_addon", shop.addon())
    newest = shop.client.get_workflow_handle(run.id, run_id=await run_id(shop, endpoint.endpoint_id))
    start = (await newest.fetch_history()).events[0].workflow_execution_started_event_attributes
    [carried_on] = await shop.client.data_converter.decode(start.input.payloads, [SubscriptionState])
    assert carried_on.model_dump()["new_in_9_9"] == {"kept": True}


@pytest.mark.long
async def test_a_portal_that_is_down_does_not_keep_it_from_continuing_as_new(hasty: Client) -> None:
    portal = EventReceiver(503)
    async with listening(portal) as settings, seller(hasty, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        bought, run_ids = 0, {await run_id(shop, sold.endpoint_id)}
        while len(run_ids) < 3:
            await run.execute_update("purchase_addon", shop.addon())
            bought += 1
            run_ids.add(await run_id(shop, sold.endpoint_id))
        portal.answer = 204

        async def all_told() -> bool:
            return len(portal.events) == bought + 1

        await eventually(all_told)
        assert len({event.event_id for event in portal.events}) == bought + 1


@pytest.mark.long
async def test_what_waits_for_resume_does_not_keep_it_from_continuing_as_new(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("suspend", {"reason": "system"})
    purchase = shop.addon()
    assert (await run.execute_update("purchase_addon", purchase, result_type=Addon)).status == "pending"
    first_run = await run_id(shop, sold.endpoint_id)

    async def continued() -> bool:
        await run.signal("addon_purchased", purchase)  # what is known already is a line of history, and no more
        return await run_id(shop, sold.endpoint_id) != first_run

    await eventually(continued)
    await run.execute_update("resume", {"reason": "system"})
    assert (await run.execute_update("purchase_addon", purchase, result_type=Addon)).status == "provisioned"
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 2


async def test_updates_are_answered_before_it_continues_as_new(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    sent, run_ids = list[AddonPurchase](), {await run_id(shop, sold.endpoint_id)}
    while len(run_ids) < 3:
        purchases = [shop.addon() for _ in range(3)]
        updates = [run.execute_update("purchase_addon", purchase, result_type=Addon) for purchase in purchases]
        assert {addon.status for addon in await asyncio.gather(*updates)} == {"provisioned"}
        sent += purchases
        run_ids.add(await run_id(shop, sold.endpoint_id))
    assert_one_instance_each(shop, await shop.subscription(sold.endpoint_id), sent)


@pytest.mark.long
async def test_an_addon_that_is_done_late_is_removed_also_after_it_continued_as_new(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    shop.platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=30))
    first_run = await run_id(shop, sold.endpoint_id)
    for _ in range(14):
        await run.signal("addon_purchased", shop.addon())

    async def removed() -> list[str]:
        return (await shop.subscription(sold.endpoint_id)).surplus_removed

    surplus = await eventually(removed)
    assert surplus == [addon.unique_id for addon in shop.platform.endpoint(sold.endpoint_id).removed_addons]
    assert await run_id(shop, sold.endpoint_id) != first_run
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 15
