"""Before the money is taken: what is in stock, and whether a product could be sold just now."""

from typing import Annotated

from fastapi import APIRouter, Query

from contract.failure import INVALID_REQUEST
from contract.ids import PlanId, Product, TravelerId
from contract.stock import Stock
from portal.api.esim_ids import EndpointId
from portal.api.openapi import SFT, documented
from portal.shop import Shop
from seller.checks import Check
from seller.errors import SellerError

OnSale = Annotated[Product, Query(description="Its name in the catalog; any other, if there is a `plan_id`.")]
OfPlan = Annotated[PlanId | None, Query(description="SFT's planId; that of the catalog if absent.")]

PROMISE = "Whether it could be sold, and why not"


def router(shop: Shop) -> APIRouter:
    """The calls about no eSIM in particular."""
    routes = APIRouter(tags=["Before the payment"], responses=documented(*SFT))

    @routes.get("/stock", summary="The stock", response_description="At most a minute old")
    async def stock() -> Stock:
        """How many eSIMs are left, how many were sold lately, and when they end at that rate."""
        return await shop.seller.stock.count()

    @routes.get(
        "/check",
        summary="Could an eSIM be sold?",
        response_description=PROMISE,
        responses=documented(INVALID_REQUEST, *SFT),
    )
    async def check(product: OnSale, plan_id: OfPlan = None) -> Check:
        """Asks whether a product could be sold as a first eSIM just now: by the stock and the account's plans. Nothing
        is reserved, and nothing is promised: a purchase may still wait or fail."""
        return await shop.seller.checks.first_esim(plan_id or _plan_of(shop, product))

    return routes


def add_check(one: APIRouter, shop: Shop) -> None:
    """The call below one eSIM of a traveler."""

    @one.get("/check", summary="Could an add-on be put on it?", response_description=PROMISE)
    async def check_addon(
        traveler_id: TravelerId, endpoint_id: EndpointId, product: OnSale, plan_id: OfPlan = None
    ) -> Check:
        """Asks whether a product could be put on this eSIM just now: by its state and the account's plans. Nothing is
        promised: a purchase may still wait or fail."""
        plan_id = plan_id or _plan_of(shop, product)
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        return await shop.seller.checks.addon(esim, plan_id)


def _plan_of(shop: Shop, product: str) -> str:
    """The catalog's. What is asked for is not repeated: it came in an address, which anybody may make up."""
    if plan_id := shop.find(product):
        return plan_id
    raise SellerError(INVALID_REQUEST, "The catalog has no such product: GET /api/products lists what it has")
