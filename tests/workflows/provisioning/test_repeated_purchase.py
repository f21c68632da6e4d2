"""A purchase that is started again sells nothing again."""

import pytest

from contract.workflow_ids import provision_id
from tests.support.sales import failure, start_carelessly, statuses
from tests.support.seller import Seller

DAILY = "PLAN-WAKANDA-DAILY"


async def test_a_started_purchase_started_again_is_the_same_run(shop: Seller) -> None:
    purchase = shop.purchase()
    first, second = await shop.start(purchase), await shop.start(purchase)
    assert await first.result() == await second.result()
    assert statuses(shop).count("Active") == 1


async def test_careless_portals_get_the_first_result_and_buy_nothing(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await shop.sell(purchase)
    again = await start_carelessly(shop, purchase, provision_id(purchase.purchase_id))
    assert await again.result() == sold
    assert (await shop.progress(again)).step == "completed"
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())
    after_a_top_up = await start_carelessly(shop, purchase, provision_id(purchase.purchase_id))
    assert await after_a_top_up.result() == sold
    assert statuses(shop) == ["Active", "Pre-Active", "Pre-Active"]
    assert shop.platform.calls["SubscribeAddon"] == 2


@pytest.mark.parametrize(
    "other",
    [{"plan_id": DAILY}, {"product": "Wakanda Daily"}, {"traveler_id": "T-43"}],
    ids=str,
)
async def test_a_sold_purchase_id_is_not_sold_as_something_else(shop: Seller, other: dict[str, str]) -> None:
    purchase = shop.purchase()
    await shop.sell(purchase)
    conflicting = purchase.model_copy(update=other)
    refused = await failure(await start_carelessly(shop, conflicting, provision_id(purchase.purchase_id)))
    assert refused.type == "InvalidRequest"
    assert purchase.purchase_id in refused.message
    assert statuses(shop).count("Active") == 1
