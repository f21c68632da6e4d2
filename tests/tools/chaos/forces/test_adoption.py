from collections.abc import Sequence

import pytest

from tests.support.seller import PLAN, PRODUCT, Seller
from tools.chaos.evidence import TakenOver
from tools.chaos.forces.adoption import take_over
from tools.chaos.forces.record import Record
from tools.chaos.plan import Customer, Delivery, Purchase
from tools.chaos.portal import Portal

TOP_UP = Purchase("P-top-up", PRODUCT, PLAN, 0, (Delivery("purchase_addon", 0), Delivery("addon_purchased", 0)))


def customer(shop: Seller, *purchase_ids: str, top_ups: Sequence[Purchase] = ()) -> tuple[Customer, TakenOver]:
    """Somebody whose eSIM was sold elsewhere with one add-on."""
    [endpoint] = shop.platform.add_sold(1, [PLAN])
    [instance] = endpoint.addons
    [purchase_id] = purchase_ids or [f"adopted-addon-{instance.unique_id}"]
    one = Customer("T-old-1", (PRODUCT,), purchase_ids, 0, 0, tuple(top_ups))
    return one, TakenOver(endpoint.endpoint_id, one.traveler_id, {purchase_id: instance.unique_id})


@pytest.mark.parametrize("purchase_ids", [("P-old",), ()])
async def test_an_esim_that_is_taken_over_again_and_again_is_taken_over_once(
    shop: Seller, purchase_ids: tuple[str, ...]
) -> None:
    portal = Portal(shop.client, Record(), shop.task_queue)
    one, esim = customer(shop, *purchase_ids, top_ups=[TOP_UP])
    await take_over(portal, one, esim)
    assert portal.record.broken == []
    assert portal.record.happened == {"eSIMs taken over": 1}
    assert portal.taken_over == [esim]
    assert [(sent.purchase_id, sent.traveler_id) for sent in portal.sent()] == [("P-top-up", "T-old-1")]
    subscription = await shop.settled(esim.endpoint_id)
    assert [addon.purchase_id for addon in subscription.addons] == [*esim.addons, "P-top-up"]
    assert len(shop.platform.endpoint(esim.endpoint_id).addons) == 2


async def test_an_esim_that_another_traveler_has_is_told(shop: Seller) -> None:
    portal = Portal(shop.client, Record(), shop.task_queue)
    one, esim = customer(shop, "P-old")
    await take_over(Portal(shop.client, Record(), shop.task_queue), one, esim)
    another = TakenOver(esim.endpoint_id, "T-9", esim.addons)
    await take_over(portal, one, another)
    answered, tried = portal.record.broken
    assert f"endpoint {esim.endpoint_id} was answered endpoint {esim.endpoint_id} is not taken over" in answered
    assert "asked for by another traveler" in tried


async def test_an_esim_that_does_not_show_what_it_came_with_is_told(shop: Seller) -> None:
    portal = Portal(shop.client, Record(), shop.task_queue)
    one, esim = customer(shop)
    await take_over(portal, one, TakenOver(esim.endpoint_id, esim.traveler_id, {"P-old": "1"}))
    [sentence] = portal.record.broken
    assert "was taken over with {'P-old': '1'}, and shows " in sentence
