"""Buying add-ons for an eSIM: by update and by signal, in order, once each."""

from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.purchase import AddonPurchase
from tests.support.seller import PLAN, PRODUCT, Seller
from tools.simulator.fault import Fault


async def refusal(shop: Seller, endpoint_id: str, purchase: Any) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await shop.run_of(endpoint_id).execute_update("purchase_addon", purchase)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


async def buy(shop: Seller, endpoint_id: str, purchase: AddonPurchase) -> Addon:
    addon: Addon = await shop.run_of(endpoint_id).execute_update("purchase_addon", purchase, result_type=Addon)
    return addon


async def test_the_same_product_bought_three_times_is_three_instances(shop: Seller) -> None:
    sold = await shop.sell()
    second = await buy(shop, sold.endpoint_id, shop.addon())
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    subscription = await shop.settled(sold.endpoint_id)
    assert [(addon.plan_id, addon.product) for addon in subscription.addons] == [(PLAN, PRODUCT)] * 3
    unique_ids = [addon.unique_id for addon in subscription.addons]
    assert unique_ids == [addon.unique_id for addon in shop.platform.endpoint(sold.endpoint_id).addons]
    assert len(set(unique_ids)) == 3
    assert unique_ids[:2] == [sold.addon.unique_id, second.unique_id]


async def test_the_subscription_is_what_the_contract_says(shop: Seller) -> None:
    began = datetime.now(UTC)
    sold = await shop.sell()
    [addon] = (await shop.subscription(sold.endpoint_id)).addons
    assert addon.bought_at
    assert addon.decided_at
    assert began <= addon.bought_at < addon.decided_at <= datetime.now(UTC)
    gone = {"removed_at": None, "removed_because": None}
    when = addon.model_dump(mode="json", include={"bought_at", "decided_at", "ordered_by"})
    assert await shop.run_of(sold.endpoint_id).query("subscription", result_type=dict) == {
        "subscription_id": sold.subscription_id,
        "traveler_id": "T-42",
        "endpoint_id": sold.endpoint_id,
        "iccid": sold.iccid,
        "msisdn": sold.msisdn,
        "profile": None,
        "status": "active",
        "addons": [sold.addon.model_dump() | {"attempt": 1, "usage": None} | gone | when],
        "archived": 0,
        "unmatched": [],
        "surplus_removed": [],
        "set_aside": [],
        "set_aside_lost": 0,
        "orders": [],
        "refund": None,
        "delivery": None,
        "name": None,
        "suspended_because": None,
    }


async def test_a_repeated_purchase_is_provisioned_once(shop: Seller) -> None:
    sold = await shop.sell()
    purchase = shop.addon()
    run = shop.run_of(sold.endpoint_id)
    await run.signal("addon_purchased", purchase)
    await run.signal("addon_purchased", purchase)
    first = await buy(shop, sold.endpoint_id, purchase)
    await buy(shop, sold.endpoint_id, shop.addon())
    await run.signal("addon_purchased", purchase)
    assert await buy(shop, sold.endpoint_id, purchase) == first
    repeated_first = AddonPurchase(purchase_id=sold.addon.purchase_id, product=PRODUCT, plan_id=PLAN)
    assert (await buy(shop, sold.endpoint_id, repeated_first)).unique_id == sold.addon.unique_id
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 3


@pytest.mark.parametrize("other", [{"plan_id": "PLAN-WAKANDA-DAILY"}, {"product": "Wakanda Daily"}])
async def test_a_known_purchase_id_with_other_contents_is_refused(shop: Seller, other: dict[str, str]) -> None:
    sold = await shop.sell()
    purchase = shop.addon()
    await buy(shop, sold.endpoint_id, purchase)
    conflicting = purchase.model_copy(update=other)
    refused = await refusal(shop, sold.endpoint_id, conflicting)
    assert refused.type == "InvalidRequest"
    assert purchase.purchase_id in refused.message
    before = await shop.subscription(sold.endpoint_id)
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", conflicting)
    await buy(shop, sold.endpoint_id, shop.addon())
    after = await shop.subscription(sold.endpoint_id)
    assert after.addons[:-1] == before.addons


async def test_a_refused_top_up_fails_and_can_be_tried_again(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected", code="6110", description="Invalid add-on plan"))
    purchase = shop.addon()
    refused = await refusal(shop, sold.endpoint_id, purchase)
    assert refused.type == "AddonRejected"
    assert "Invalid add-on plan" in refused.message
    assert sold.endpoint_id in refused.message
    failed = (await shop.subscription(sold.endpoint_id)).addons[-1]
    assert failed.status == "failed"
    assert failed.error
    assert failed.error.type == "AddonRejected"
    again = await buy(shop, sold.endpoint_id, purchase)
    assert (again.status, again.error) == ("provisioned", None)
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 2


async def test_purchases_are_provisioned_one_at_a_time_in_order_of_arrival(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=0.2, times=0))
    purchases = [shop.addon() for _ in range(5)]
    for purchase in purchases:
        await shop.run_of(sold.endpoint_id).signal("addon_purchased", purchase)
    subscription = await shop.settled(sold.endpoint_id)
    assert [addon.purchase_id for addon in subscription.addons[1:]] == [p.purchase_id for p in purchases]
    on_endpoint = [addon.unique_id for addon in shop.platform.endpoint(sold.endpoint_id).addons]
    assert [addon.unique_id for addon in subscription.addons] == on_endpoint
    calls = [e.call for e in shop.platform.log if e.call in ("SubscribeAddon", "GetEndPointProfile")]
    assert calls == ["GetEndPointProfile", "SubscribeAddon"] * 6
