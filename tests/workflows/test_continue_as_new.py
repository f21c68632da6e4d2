"""A subscription that lives for long: it continues as new, here after 30 events instead of thousands."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from domain.addon import Addon
from domain.purchase import AddonPurchase
from domain.subscription import Subscription
from simulator.fault import Fault
from tests.seller import Seller, eventually, seller
from tests.short_histories import short_histories


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


async def test_signals_without_pause_are_neither_lost_nor_doubled_when_it_continues_as_new(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    sent, run_ids = [shop.addon()], {await run_id(shop, sold.endpoint_id)}
    while len(run_ids) < 3:
        sent.append(shop.addon())
        await asyncio.gather(*(run.signal("addon_purchased", purchase) for purchase in sent[-2:]))
        run_ids.add(await run_id(shop, sold.endpoint_id))
    assert_one_instance_each(shop, await shop.settled(sold.endpoint_id), sent)


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
