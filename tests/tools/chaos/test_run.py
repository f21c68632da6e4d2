from tests.support.seller import PLAN, PRODUCT, Seller
from tools.chaos.forces.record import Record
from tools.chaos.plan import Delivery, Purchase, Traveler
from tools.chaos.portal import Portal
from tools.chaos.run import serve


async def test_what_nobody_expected_stops_one_traveler_and_is_told(shop: Seller) -> None:
    portal = Portal(shop.client, Record(), shop.task_queue)
    first = Purchase(shop.purchase().purchase_id, PRODUCT, PLAN, 0, (Delivery("start", 0), Delivery("start", 0)))
    traveler = Traveler("no id at all", first, ())
    await serve(portal, traveler.traveler_id, portal.serve(traveler))
    [sentence] = portal.record.broken
    assert sentence.startswith("no id at all is not served any more: ValidationError: 1 validation error")
