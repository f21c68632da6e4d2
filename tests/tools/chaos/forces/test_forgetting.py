import asyncio

import pytest

from contract.esim import ProvisionedEsim
from tests.support.seller import Seller
from tools.chaos.forces.forgetting import forget_and_repeat
from tools.chaos.forces.meddling import lay_hand_on
from tools.chaos.forces.record import Record
from tools.chaos.plan import Delivery, Meddling, Purchase, Traveler
from tools.chaos.portal import Portal
from tools.chaos.stage import HELD_SECONDS
from tools.simulator.fault import Fault


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


@pytest.mark.long
async def test_what_a_purchase_may_have_sent_is_known_when_it_is_forgotten(shop: Seller) -> None:
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="delay", delay_seconds=HELD_SECONDS))
    selling = asyncio.create_task(sold(shop))
    until = asyncio.get_running_loop().time() + 20
    await lay_hand_on(shop.client, Meddling(0, "activate_esim", "reset"), Record(), until, shop.task_queue)
    portal, traveler, esim = await selling
    await forget_and_repeat(portal, traveler, esim, 0)
    assert (portal.record.cut_off, portal.record.broken) == ({esim.endpoint_id}, [])
