from tests.support.seller import PLAN, PRODUCT, Seller
from tools.chaos.forces.crowd import crowd_in
from tools.chaos.forces.record import Record
from tools.chaos.plan import CALLERS, Crowd, Delivery, Purchase, Traveler
from tools.chaos.portal import Portal


def bought(purchase_id: str) -> Purchase:
    return Purchase(purchase_id, PRODUCT, PLAN, 0, (Delivery("purchase_addon", 0),))


async def test_twenty_callers_are_answered_pending_and_served_after_the_resume(shop: Seller) -> None:
    sold = await shop.sell()
    portal = Portal(shop.client, Record(), shop.task_queue)
    callers = (*(bought(f"P-c{n}") for n in range(CALLERS - 5)), *(bought("P-c1") for _ in range(5)))
    await crowd_in(portal, Traveler("T-42", bought("P-0"), ()), sold.subscription_id, Crowd(0, callers))
    assert portal.record.happened == {"callers at once on suspended eSIMs": CALLERS}
    assert portal.record.broken == []
    assert portal.answers == {"pending": CALLERS}
    assert all(sent.accepted and not sent.first for sent in portal.sent())
    esim = await shop.settled(sold.endpoint_id)
    assert (esim.status, len(esim.addons)) == ("active", 1 + CALLERS - 5)


async def test_an_answer_other_than_pending_is_told(shop: Seller) -> None:
    sold = await shop.sell()
    known = shop.addon()
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", known)
    portal = Portal(shop.client, Record(), shop.task_queue)
    crowd = Crowd(0, (bought(known.purchase_id),))
    await crowd_in(portal, Traveler("T-42", bought("P-0"), ()), sold.subscription_id, crowd)
    [sentence] = portal.record.broken
    assert "was suspended, was answered provisioned instead of pending" in sentence
