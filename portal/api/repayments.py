"""What a traveler is paid back for: an add-on that is taken off, or a whole eSIM that was never used."""

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from contract.addon import Addon
from contract.failure import ADDON_REJECTED, CANCELLED
from contract.ids import OrderedBy, PurchaseId, TravelerId
from contract.order import Reason, Refund, RefundOrder, RemovalOrder
from contract.subscription import ShownSubscription
from portal.api.callers import Key, by
from portal.api.esim_ids import EndpointId
from portal.api.media import takes_json
from portal.api.openapi import ACCEPTED, BODY, LOOK_AGAIN, SFT, documented
from portal.api.waiting import Patience, look_again
from portal.shop import Shop


class Removal(BaseModel):
    """The order to take an add-on off; which one, the address says."""

    reason: Reason
    ordered_by: OrderedBy | None = None


def add_repayments(one: APIRouter, shop: Shop) -> None:
    """The calls below one eSIM of a traveler."""
    _add_removal(one, shop)
    _add_refund(one, shop)


def _add_removal(one: APIRouter, shop: Shop) -> None:
    @one.post(
        "/addons/{purchase_id}/remove",
        summary="Take an add-on off",
        response_description="The add-on, removed",
        dependencies=[Depends(takes_json)],
        responses={
            202: {"model": Addon, "headers": LOOK_AGAIN, "description": ACCEPTED},
            **documented(*BODY, *SFT, CANCELLED, "Terminated", ADDON_REJECTED),
        },
    )
    async def remove_addon(
        traveler_id: TravelerId,
        endpoint_id: EndpointId,
        purchase_id: PurchaseId,
        removal: Removal,
        key: Key,
        patience: Patience,
        response: Response,
    ) -> Addon:
        """That instance and no other, at SFT, too. Its last reading stays, so that you can judge what to pay back."""
        await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        order = by(key, RemovalOrder(purchase_id=purchase_id, **removal.model_dump()))
        addon = await shop.remove_addon(endpoint_id, order, patience)
        if addon is None or addon.status != "removed":
            look_again(response, f"/api/travelers/{traveler_id}/esims/{endpoint_id}/addons/{purchase_id}")
        return addon or await shop.seller.addons.get(endpoint_id, purchase_id)


def _add_refund(one: APIRouter, shop: Shop) -> None:
    @one.post(
        "/refund",
        summary="Give an eSIM back",
        response_model=None,  # one of two, which the answers below tell apart
        dependencies=[Depends(takes_json)],
        responses={
            200: {"model": Refund, "description": "Whether it may be paid back, and why or why not"},
            202: {"model": ShownSubscription, "headers": LOOK_AGAIN, "description": ACCEPTED},
            **documented(*BODY, *SFT, CANCELLED, "Terminated", ADDON_REJECTED),
        },
    )
    async def refund(
        traveler_id: TravelerId,
        endpoint_id: EndpointId,
        order: RefundOrder,
        key: Key,
        patience: Patience,
        response: Response,
    ) -> Refund | ShownSubscription:
        """If it was never used, it is closed for good, with nothing left on it. If it was, nothing is changed."""
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        if esim.refund:
            return esim.refund
        answer = await shop.refund(endpoint_id, by(key, order), patience)
        if answer is None:
            look_again(response, f"/api/travelers/{traveler_id}/esims/{endpoint_id}")
        return answer or esim
