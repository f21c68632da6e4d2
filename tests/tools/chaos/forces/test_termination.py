from tests.support.seller import Seller
from tools.chaos.forces.record import Record
from tools.chaos.forces.termination import terminate_and_restore
from tools.chaos.portal import Portal


async def test_a_terminated_subscription_is_restored(shop: Seller) -> None:
    sold = await shop.sell()
    portal = Portal(shop.client, Record(), shop.task_queue)
    await terminate_and_restore(portal, sold.subscription_id, 0)
    assert portal.record.happened == {"subscriptions terminated and restored": 1}
    assert (await shop.subscription(sold.endpoint_id)).status == "active"


async def test_one_that_is_not_brought_back_is_told(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
    portal = Portal(shop.client, Record(), shop.task_queue)
    await terminate_and_restore(portal, f"subscription-{endpoint_id}", 0)
    [sentence] = portal.record.broken
    assert f"subscription-{endpoint_id} was terminated and is not restored: " in sentence
    assert not portal.record.happened
