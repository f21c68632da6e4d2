from tests.seller import PLAN, PRODUCT, Seller


async def test_a_purchase_becomes_an_active_esim_with_one_addon(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await shop.sell(purchase)
    [endpoint] = [e for e in shop.platform.endpoints if e.status == "Active"]
    [instance] = endpoint.addons
    assert sold.model_dump() == {}
