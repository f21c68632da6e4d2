import pytest

from contract.progress import Progress
from contract.purchase import AddonPurchase
from seller.client import SellerClient
from seller.errors import Conflict
from tests.support.seller import PLAN, PRODUCT, Seller


async def test_a_purchase_is_new_once_and_what_was_sold_is_found_again(shop: Seller) -> None:
    seller = SellerClient(shop.client, shop.task_queue)
    purchase = shop.purchase(traveler_id=f"T-{shop.number}")
    assert await seller.sales.start(purchase)
    assert not await seller.sales.start(purchase)
    run = shop.client.get_workflow_handle(f"provision-{purchase.purchase_id}")
    await run.result()
    sale = await seller.sales.sale(purchase.purchase_id)
    assert (sale.step, sale.traveler_id, sale.error) == ("completed", purchase.traveler_id, None)
    [esim] = await seller.subscriptions.of_traveler(purchase.traveler_id)
    assert esim.endpoint_id == sale.endpoint_id
    addon = AddonPurchase(purchase_id=f"{purchase.purchase_id}-2", product=PRODUCT, plan_id=PLAN)
    bought = await seller.addons.buy_within(esim.endpoint_id, addon, 10)
    assert bought is not None
    assert await seller.addons.buy_within(esim.endpoint_id, addon, 10) == bought
    assert (await seller.addons.get(esim.endpoint_id, addon.purchase_id)).unique_id == bought.unique_id


async def test_a_sale_is_watched_while_it_goes_on_and_sold_once_however_often_it_is_asked_for(shop: Seller) -> None:
    seller, purchase, looks = SellerClient(shop.client, shop.task_queue), shop.purchase(), list[Progress]()
    esim = await seller.sales.sell(purchase, looks.append)
    assert await seller.sales.sell(purchase, looks.append) == esim
    assert esim == await seller.sales.sold(purchase.purchase_id)
    assert shop.platform.calls["SubscribeAddon"] == 1
    with pytest.raises(Conflict, match="was started as"):
        await seller.sales.sell(purchase.model_copy(update={"traveler_id": "T-43"}))


async def test_an_addon_is_not_bought_under_the_id_of_another(shop: Seller) -> None:
    seller, esim, purchase = SellerClient(shop.client, shop.task_queue), await shop.sell(), shop.addon()
    await seller.addons.buy(esim.endpoint_id, purchase)
    with pytest.raises(Conflict, match="was made as"):
        await seller.addons.buy_within(esim.endpoint_id, purchase.model_copy(update={"product": "Another"}), 10)
