"""Inputs, signals and updates of a subscription that cannot be read, or that nobody waits for."""

from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.purchase import AddonPurchase
from tests.support.sales import failure
from tests.support.seller import PLAN, PRODUCT, Seller
from workflows.handover import HandOver


@pytest.fixture(scope="module")
async def open_sale(open_shop: Seller) -> ProvisionedEsim:
    return await open_shop.sell()


async def buy(shop: Seller, endpoint_id: str, purchase: AddonPurchase) -> Addon:
    addon: Addon = await shop.run_of(endpoint_id).execute_update("purchase_addon", purchase, result_type=Addon)
    return addon


NONSENSE: list[list[Any]] = [
    [],
    [None],
    ["P-1"],
    [7],
    [{}],
    [{"purchase_id": "P 1", "product": PRODUCT, "plan_id": PLAN}],
    [{"purchase_id": "P-1", "product": PRODUCT, "plan_id": PLAN}, "surplus"],
    [RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{bro"))],
    [RawValue(Payload(metadata={"encoding": b"of/another-world"}, data=b"x"))],
]


async def test_a_hand_over_that_nobody_waits_for_changes_nothing_and_stops_nothing(shop: Seller) -> None:
    sold = await shop.sell()
    before = await shop.subscription(sold.endpoint_id)
    for purchase_id in (sold.addon.purchase_id, "P-unheard-of"):
        addon = Addon(purchase_id=purchase_id, product="Wakanda Daily", plan_id="PLAN-WAKANDA-DAILY")
        await shop.run_of(sold.endpoint_id).signal("hand_over", HandOver(addon=addon))
    await buy(shop, sold.endpoint_id, shop.addon())
    assert (await shop.subscription(sold.endpoint_id)).addons[:1] == before.addons


async def test_signals_that_cannot_be_read_change_nothing_and_stop_nothing(shop: Seller) -> None:
    sold = await shop.sell()
    before = await shop.subscription(sold.endpoint_id)
    for name in ("addon_purchased", "hand_over", "give_back", "unheard_of"):
        for args in NONSENSE:
            await shop.run_of(sold.endpoint_id).signal(name, args=args)
    await buy(shop, sold.endpoint_id, shop.addon())
    after = await shop.subscription(sold.endpoint_id)
    assert (after.addons[:-1], after.status) == (before.addons, "active")


@pytest.mark.parametrize("args", NONSENSE, ids=str)
async def test_updates_that_cannot_be_read_are_refused(
    open_shop: Seller, open_sale: ProvisionedEsim, args: list[Any]
) -> None:
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await open_shop.run_of(open_sale.endpoint_id).execute_update("purchase_addon", args=args)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "InvalidRequest"


@pytest.mark.parametrize("args", NONSENSE, ids=str)
async def test_a_subscription_that_nobody_claimed_is_refused(open_shop: Seller, args: list[Any]) -> None:
    run = await open_shop.client.start_workflow(
        "TravelerSubscriptionWorkflow",
        args=args,
        id=f"subscription-{next(open_shop.numbers)}",
        task_queue=open_shop.task_queue,
    )
    assert (await failure(run)).type == "InvalidRequest"
