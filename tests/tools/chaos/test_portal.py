from tests.support.seller import PLAN, PRODUCT, Seller
from tools.chaos.forces.record import Record
from tools.chaos.plan import Delivery, Purchase
from tools.chaos.portal import Portal
from tools.simulator.fault import Fault


async def test_what_a_closed_subscription_refuses_was_not_taken(shop: Seller) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=1000))  # in doubt for a day, once closed
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("close", {"reason": "system"})

    def top_up(purchase_id: str, way: str) -> Purchase:
        return Purchase(purchase_id, PRODUCT, PLAN, 0, (Delivery(way, 0),))  # type: ignore[arg-type]

    top_ups = top_up("refused", "purchase_addon"), top_up("failed", "addon_purchased")
    portal = Portal(shop.client, Record())
    for bought in top_ups:
        await portal.deliver_top_up("T-42", run.id, bought, bought.deliveries[0])
    assert {sent.purchase_id: sent.accepted for sent in portal.sent()} == {"refused": False, "failed": True}
    [*_, known] = (await shop.settled(sold.endpoint_id)).addons
    assert (known.purchase_id, known.status) == ("failed", "failed")
