"""First purchases: posted as often as one likes, sold once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import APIRouter, Depends, Response

from contract.failure import ACTIVATION_REJECTED, ADDON_REJECTED, CANCELLED, INVALID_REQUEST, NO_ESIM_AVAILABLE
from contract.ids import PurchaseId
from portal.api.callers import About, Key, require_admitted
from portal.api.media import takes_json
from portal.api.openapi import ACCEPTED, BODY, LOOK_AGAIN, SFT, documented
from portal.api.purchase_bodies import NewPurchase, Purchase
from portal.api.waiting import Patience, look_again
from portal.keys import ApiKey
from portal.shop import Shop
from seller.errors import Conflict, not_found
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
    async def sell_esim(new: NewPurchase, key: Key, about: About, patience: Patience, response: Response) -> Purchase:
        """Sells once for each purchase_id, however often it is posted. A purchase that failed is tried again."""
        about["purchase_id"] = new.purchase_id
        require_admitted(key, new.traveler_id)
        with _keeping_others_secret(key, new.purchase_id):
            is_new = await shop.seller.sales.start(new.purchase(shop))
        soon = await shop.sold_soon(new.purchase_id, patience)
        sale, now = await shop.look(new.purchase_id)
        esim = soon or now
        if not esim:
            look_again(response, f"/api/purchases/{new.purchase_id}")
            return Purchase.of(sale, esim, key)
        about["endpoint_id"] = esim.endpoint_id
        if not is_new:
            response.status_code = 200
        return Purchase.of(sale, esim, key)


@contextmanager
def _keeping_others_secret(key: ApiKey, purchase_id: str) -> Iterator[None]:
    """Says of a purchase id that is taken no more than that, where it may be another traveler's than the key is for."""
    try:
        yield
    except Conflict as conflict:
        if key.travelers is None:
            raise
        sentence = f"Purchase {purchase_id} is known, with other contents; another purchase needs another purchase id"
        raise Conflict(sentence) from conflict


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
    async def purchase(purchase_id: PurchaseId, key: Key, response: Response) -> Purchase:
        """With the activation code, once it is sold."""
        sale, esim = await shop.look(purchase_id)
        if not key.admits(sale.traveler_id):
            raise not_found(f"purchase {purchase_id}")
        has_failed = isinstance(sale, Sale) and sale.error
        if not esim and not has_failed:
            look_again(response, f"/api/purchases/{purchase_id}")
        return Purchase.of(sale, esim, key)
