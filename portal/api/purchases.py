"""First purchases: posted as often as one likes, sold once."""

from typing import Final

from fastapi import APIRouter, Depends, Response

from contract.failure import ACTIVATION_REJECTED, ADDON_REJECTED, CANCELLED, INVALID_REQUEST, NO_ESIM_AVAILABLE
from contract.ids import PurchaseId
from portal.api.media import takes_json
from portal.api.openapi import ACCEPTED, BODY, LOOK_AGAIN, SFT, documented
from portal.api.purchase_bodies import NewPurchase, Purchase
from portal.api.waiting import Patience, look_again
from portal.shop import Shop
from seller.sales import Sale

SALE: Final = ("Conflict", NO_ESIM_AVAILABLE, ACTIVATION_REJECTED, CANCELLED, "Terminated", ADDON_REJECTED)
"""What a sale can fail with beside."""


def router(shop: Shop) -> APIRouter:
    """What can be asked about first purchases."""
    routes = APIRouter(prefix="/purchases", tags=["Purchases"])
    _add_sale(routes, shop)
    _add_look(routes, shop)
    return routes


def _add_sale(routes: APIRouter, shop: Shop) -> None:
    @routes.post(
        "",
        status_code=201,
        summary="Sell an eSIM",
        dependencies=[Depends(takes_json)],
        responses={
            200: {"model": Purchase, "description": "Sold, by an earlier call"},
            201: {"description": "Sold, by this call"},
            202: {"model": Purchase, "headers": LOOK_AGAIN, "description": ACCEPTED},
            **documented(*BODY, *SFT, *SALE),
        },
    )
    async def sell_esim(new: NewPurchase, patience: Patience, response: Response) -> Purchase:
        """Sells once for each purchase_id, however often it is posted. A purchase that failed is tried again."""
        is_new = await shop.seller.sales.start(new.purchase(shop))
        esim = await shop.sold_soon(new.purchase_id, patience)
        if not esim:
            look_again(response, f"/api/purchases/{new.purchase_id}")
        elif not is_new:
            response.status_code = 200
        return Purchase.of(await shop.sale_or_begun(new.purchase_id), esim)


def _add_look(routes: APIRouter, shop: Shop) -> None:
    @routes.get(
        "/{purchase_id}",
        summary="What has become of a purchase",
        responses={
            200: {"description": "Sold, or failed: see status"},
            202: {"model": Purchase, "headers": LOOK_AGAIN, "description": "It goes on"},
            **documented("NotFound", INVALID_REQUEST),
        },
    )
    async def purchase(purchase_id: PurchaseId, response: Response) -> Purchase:
        """With the activation code, once it is sold."""
        sale = await shop.sale_or_begun(purchase_id)
        if isinstance(sale, Sale) and sale.error:
            return Purchase.of(sale, None)
        esim = await shop.sold_soon(purchase_id, 0)
        if not esim:
            look_again(response, f"/api/purchases/{purchase_id}")
        return Purchase.of(sale, esim)
