from contract.esim import ProvisionedEsim
from tests.support.seller import Seller
from tools.chaos.forces.forgetting import forget_and_repeat
from tools.chaos.forces.record import Record
from tools.chaos.plan import Delivery, Purchase, Traveler
from tools.chaos.portal import Portal


async def sold(shop: Seller) -> tuple[Portal, Traveler, ProvisionedEsim]:
    bought = shop.purchase()
    first = Purchase(bought.purchase_id, bought.product, bought.plan_id, 0, (Delivery("start", 0),))
    portal = Portal(shop.client, Record(), shop.task_queue)
    return portal, Traveler(bought.traveler_id, first, ()), await shop.sell(bought)


async def test_a_purchase_that_is_forgotten_and_repeated_is_the_same_sale(shop: Seller) -> None:
    portal, traveler, esim = await sold(shop)
    await forget_and_repeat(portal, traveler, esim, 0)
    assert portal.record.happened == {"purchases forgotten and repeated": 1}
    assert portal.record.broken == []


async def test_a_repeat_that_sells_another_esim_is_told(shop: Seller) -> None:
    portal, traveler, esim = await sold(shop)
    another = esim.model_copy(update={"activation_code": "LPA:1$smdp.example.com$ANOTHER"})
    await forget_and_repeat(portal, traveler, another, 0)
    [sentence] = portal.record.broken
    assert f"{traveler.first.purchase_id} was forgotten, and its repeat sold {esim.subscription_id}" in sentence


async def test_a_repeat_that_fails_is_told(shop: Seller) -> None:
    portal, traveler, esim = await sold(shop)
    other_plan = Purchase(traveler.first.purchase_id, "Another", "PLAN-ANOTHER", 0, ())
    await forget_and_repeat(portal, Traveler(traveler.traveler_id, other_plan, ()), esim, 0)
    [sentence] = portal.record.broken
    assert "its repeat failed" in sentence
