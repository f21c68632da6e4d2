"""First purchases: posted as often as one likes, sold once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import APIRouter, Depends, Response

from contract.esim import ProvisionedEsim
from contract.failure import ACTIVATION_REJECTED, ADDON_REJECTED, CANCELLED, INVALID_REQUEST, NO_ESIM_AVAILABLE
from contract.ids import PurchaseId
from portal.api.callers import About, Key, by, require_admitted
from portal.api.media import takes_json
from portal.api.openapi import ACCEPTED, BODY, LOOK_AGAIN, SFT, Responses, documented
from portal.api.purchase_bodies import Amendment, NewPurchase, Purchase
from portal.api.waiting import Patience, look_again
from portal.keys import ApiKey
from portal.shop import Shop
from seller.errors import Conflict, SellerError, not_found
from seller.sales import Begun, Sale

SALE: Final = ("Conflict", NO_ESIM_AVAILABLE, ACTIVATION_REJECTED, CANCELLED, "Terminated", ADDON_REJECTED)
"""What a sale can fail with beside."""

AS_IT_STANDS: Final[Responses] = {
    200: {"description": "Sold, or failed: see status"},
    202: {"model": Purchase, "headers": LOOK_AGAIN, "description": "It goes on"},
}


def router(shop: Shop) -> APIRouter:
    """What can be asked about first purchases."""
    routes = APIRouter(prefix="/purchases", tags=["Purchases"])
    _add_sale(routes, shop)
    _add_look(routes, shop)
    _add_cancellation(routes, shop)
    _add_amendment(routes, shop)
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
        responses=AS_IT_STANDS | documented("NotFound", INVALID_REQUEST),
    )
    async def purchase(purchase_id: PurchaseId, key: Key, response: Response) -> Purchase:
        """With the activation code, once it is sold."""
        return await _as_it_stands(shop, purchase_id, key, response)


def _add_cancellation(routes: APIRouter, shop: Shop) -> None:
    @routes.post(
        "/{purchase_id}/cancel",
        summary="Cancel a purchase",
        responses=AS_IT_STANDS | documented("NotFound", INVALID_REQUEST),
    )
    async def cancel_purchase(purchase_id: PurchaseId, key: Key, patience: Patience, response: Response) -> Purchase:
        """It gives back what it holds, and then has failed, as `Cancelled`. One that is over by then stays as it is:
        `status` says whether it was sold all the same."""
        sale, esim = await _admitted(shop, purchase_id, key)
        if not _is_over(sale, esim):
            await shop.cancel(sale, patience)
        return await _as_it_stands(shop, purchase_id, key, response)


def _add_amendment(routes: APIRouter, shop: Shop) -> None:
    @routes.post(
        "/{purchase_id}/amend",
        summary="Amend a refused purchase",
        dependencies=[Depends(takes_json)],
        responses=AS_IT_STANDS | documented("NotFound", *BODY),
    )
    async def amend_purchase(
        purchase_id: PurchaseId, amendment: Amendment, key: Key, patience: Patience, response: Response
    ) -> Purchase:
        """What to provision instead of the plan that SFT refused; the same plan has the same tried again. It is taken
        while `step` is `needs_attention`."""
        order = by(key, amendment.order(shop))
        sale, esim = await _admitted(shop, purchase_id, key)
        if _is_over(sale, esim):
            if not esim or (esim.addon.product, esim.addon.plan_id) != (order.product, order.plan_id):
                raise SellerError(INVALID_REQUEST, f"Purchase {purchase_id} is over, and waits for no amendment")
        else:
            await shop.amend(sale, order, patience)
        return await _as_it_stands(shop, purchase_id, key, response)


async def _admitted(shop: Shop, purchase_id: str, key: ApiKey) -> tuple[Sale | Begun, ProvisionedEsim | None]:
    sale, esim = await shop.look(purchase_id)
    if not key.admits(sale.traveler_id):
        raise not_found(f"purchase {purchase_id}")
    return sale, esim


def _is_over(sale: Sale | Begun, esim: ProvisionedEsim | None) -> bool:
    return esim is not None or (isinstance(sale, Sale) and sale.error is not None)


async def _as_it_stands(shop: Shop, purchase_id: str, key: ApiKey, response: Response) -> Purchase:
    """How a purchase stands; where it goes on, with where to look again."""
    sale, esim = await _admitted(shop, purchase_id, key)
    if not _is_over(sale, esim):
        look_again(response, f"/api/purchases/{purchase_id}")
    return Purchase.of(sale, esim, key)
