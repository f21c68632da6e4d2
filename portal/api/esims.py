"""The eSIMs of a traveler: everything about one is below its traveler, and not found below another."""

import logging
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, RootModel

from contract.addon import Addon
from contract.failure import ADDON_REJECTED, CANCELLED, INVALID_REQUEST
from contract.ids import PurchaseId, TravelerId
from contract.order import LifecycleOrder
from contract.subscription import ShownSubscription, Subscription
from delivery.qr import qr_png, qr_svg
from portal.api.callers import About, Key, by, may_see_codes
from portal.api.checks import add_check
from portal.api.esim_ids import EndpointId
from portal.api.mails import add_resending
from portal.api.media import takes_json
from portal.api.names import add_naming
from portal.api.openapi import ACCEPTED, BODY, LOOK_AGAIN, NEXT, SFT, Responses, documented
from portal.api.problems import AWAY
from portal.api.purchase_bodies import NewAddon
from portal.api.repayments import add_repayments
from portal.api.waiting import Patience, look_again
from portal.attempts import payload_refused
from portal.shop import Shop
from process import audit
from seller.errors import SellerError, ended_outside
from seller.subscriptions import LAST_OFFSET, MOST_ESIMS, LifecycleChange, UnreadableEsim

logger = logging.getLogger("portal.api")

MOST_ADDONS: Final = 1000
"""Of one eSIM, that are listed at a time."""

GOES_ON: Final[Responses] = {202: {"model": ShownSubscription, "headers": LOOK_AGAIN, "description": ACCEPTED}}


Limit = Annotated[int, Query(ge=1, le=MOST_ESIMS, description="How many to show at most.")]
Offset = Annotated[int, Query(ge=0, le=LAST_OFFSET, description="How many of the newest to pass over.")]
AddonLimit = Annotated[int, Query(ge=1, le=MOST_ADDONS, description="How many to show at most.")]
AddonOffset = Annotated[int, Query(ge=0, le=2**31 - 1, description="How many of the oldest to pass over.")]


class HiddenEsim(BaseModel):
    """An eSIM that there is, and that cannot be read at the moment."""

    status: Literal["unreadable"] = "unreadable"
    subscription_id: str
    endpoint_id: str
    unreadable: str
    """Why, in one sentence."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class ListedEsim(RootModel[Annotated[ShownSubscription | HiddenEsim, Field(discriminator="status")]]):
    """An eSIM of a traveler's, if it can be read."""


def router(shop: Shop) -> APIRouter:
    """What can be asked about eSIMs that were sold, and done with them."""
    routes = APIRouter(
        prefix="/travelers/{traveler_id}/esims", tags=["eSIMs"], responses=documented(INVALID_REQUEST, "Terminated")
    )
    one = APIRouter(prefix="/{endpoint_id}", responses=documented("NotFound", INVALID_REQUEST, "Terminated"))

    @routes.get(
        "",
        summary="The eSIMs of a traveler",
        responses={200: {"headers": NEXT, "description": "Those of this traveler, or none"}},
    )
    async def esims_of_traveler(
        traveler_id: TravelerId, response: Response, limit: Limit = MOST_ESIMS, offset: Offset = 0
    ) -> list[ListedEsim]:
        """The newest first, at most 100 at a time, each with its add-ons. A new one may be missing for some moments.
        One that cannot be read just now has `unreadable` instead, and says why. Where there may be more, the header
        `Link` has the address of the next."""
        found = await shop.seller.subscriptions.some_of_traveler(traveler_id, limit, offset)
        if found.has_more and (after := offset + limit) <= LAST_OFFSET:
            response.headers["Link"] = _next(f"/api/travelers/{traveler_id}/esims", limit, after)
        return [ListedEsim(_shown(esim)) for esim in found.esims]

    @one.get("", summary="One eSIM", response_description="As it stands")
    async def esim(traveler_id: TravelerId, endpoint_id: EndpointId) -> ShownSubscription:
        """With its add-ons, and what they had left when that was last read."""
        return await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)

    _add_codes(one, shop)
    _add_addon_purchase(one, shop)
    _add_addon_look(one, shop)
    _add_addon_list(one, shop)
    _add_usage_reading(one, shop)
    _add_lifecycle_orders(one, shop)
    add_repayments(one, shop)
    add_resending(one, shop)
    add_naming(one, shop)
    add_check(one, shop)
    routes.include_router(one)
    return routes


def _next(address: str, limit: int, offset: int) -> str:
    return f'<{address}?limit={limit}&offset={offset}>; rel="next"'


def _shown(esim: ShownSubscription | UnreadableEsim) -> ShownSubscription | HiddenEsim:
    if isinstance(esim, ShownSubscription):
        return esim
    payload_refused(esim)
    logger.error("%s cannot be shown: %s: %s", esim.subscription_id, esim.type, esim.reason)
    why = AWAY.get(esim.type, "It cannot be read: ask the operator.")
    return HiddenEsim(subscription_id=esim.subscription_id, endpoint_id=esim.endpoint_id, unreadable=why)


def _picture(media_type: str) -> Responses:
    picture = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: {"content": {media_type: picture}, "description": "A secret: it installs the eSIM, once"},
        **documented(CANCELLED, "Terminated"),
    }


def _add_codes(one: APIRouter, shop: Shop) -> None:
    async def activation_code(traveler_id: str, endpoint_id: str) -> str:
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        _refuse_closed(esim, "its code is not shown any more")
        code = (await shop.seller.subscriptions.sold_as(esim)).activation_code
        audit.note("activation_code", "done", endpoint_id=endpoint_id, shown="picture")
        return code

    @one.get(
        "/qr.svg",
        summary="The QR code, as SVG",
        response_class=Response,
        dependencies=[Depends(may_see_codes)],
        responses=_picture("image/svg+xml"),
    )
    async def qr_svg_code(traveler_id: TravelerId, endpoint_id: EndpointId) -> Response:
        """For as long as the eSIM lives."""
        return Response(qr_svg(await activation_code(traveler_id, endpoint_id)), media_type="image/svg+xml")

    @one.get(
        "/qr.png",
        summary="The QR code, as PNG",
        response_class=Response,
        dependencies=[Depends(may_see_codes)],
        responses=_picture("image/png"),
    )
    async def qr_png_code(traveler_id: TravelerId, endpoint_id: EndpointId) -> Response:
        """For as long as the eSIM lives."""
        return Response(qr_png(await activation_code(traveler_id, endpoint_id)), media_type="image/png")


def _add_addon_purchase(one: APIRouter, shop: Shop) -> None:
    @one.post(
        "/addons",
        status_code=201,
        summary="Buy an add-on",
        dependencies=[Depends(takes_json)],
        responses={
            200: {"model": Addon, "description": "Provisioned; the purchase was known before"},
            201: {"description": "Provisioned; the purchase was new"},
            202: {"model": Addon, "headers": LOOK_AGAIN, "description": ACCEPTED},
            **documented(*BODY, *SFT, "Conflict", CANCELLED, "Terminated", ADDON_REJECTED),
        },
    )
    async def buy_addon(
        traveler_id: TravelerId,
        endpoint_id: EndpointId,
        new: NewAddon,
        about: About,
        patience: Patience,
        response: Response,
    ) -> Addon:
        """Buys once for each purchase_id, however often it is posted. An add-on that failed is tried again."""
        about["purchase_id"] = new.purchase_id
        purchase = new.purchase(shop)
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        known = await shop.seller.addons.known(endpoint_id, purchase)
        if not known or known.status != "provisioned":
            _refuse_ended(esim)
        addon = await shop.buy_addon(endpoint_id, purchase, patience)
        if known:
            response.status_code = 200
        if addon.status == "pending":
            look_again(response, f"/api/travelers/{traveler_id}/esims/{endpoint_id}/addons/{new.purchase_id}")
        return addon


def _add_addon_look(one: APIRouter, shop: Shop) -> None:
    @one.get(
        "/addons/{purchase_id}",
        summary="What has become of an add-on",
        responses={
            200: {"description": "Provisioned, or failed: see status"},
            202: {"model": Addon, "headers": LOOK_AGAIN, "description": "It is still pending"},
        },
    )
    async def addon(
        traveler_id: TravelerId, endpoint_id: EndpointId, purchase_id: PurchaseId, response: Response
    ) -> Addon:
        """Also of one that was bought so long ago that the eSIM does not show it any more."""
        await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        found = await shop.seller.addons.get(endpoint_id, purchase_id)
        if found.status == "pending":
            look_again(response, f"/api/travelers/{traveler_id}/esims/{endpoint_id}/addons/{purchase_id}")
        return found


def _add_addon_list(one: APIRouter, shop: Shop) -> None:
    @one.get(
        "/addons",
        summary="All add-ons of an eSIM",
        responses={200: {"headers": NEXT, "description": "In order of purchase, each without its `usage`"}},
    )
    async def addons(
        traveler_id: TravelerId,
        endpoint_id: EndpointId,
        response: Response,
        limit: AddonLimit = MOST_ESIMS,
        offset: AddonOffset = 0,
    ) -> list[Addon]:
        """Everything that was ever bought for it, also what it does not show any more. Where there is more, the header
        `Link` has the address of the next."""
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        bought, has_more = await shop.seller.addons.bought(esim, offset)
        if has_more or len(bought) > limit:
            address = f"/api/travelers/{traveler_id}/esims/{endpoint_id}/addons"
            response.headers["Link"] = _next(address, limit, offset + limit)
        return bought[:limit]


def _add_usage_reading(one: APIRouter, shop: Shop) -> None:
    @one.post(
        "/usage",
        summary="Read usage now",
        response_description="The eSIM, with what was read",
        responses={**GOES_ON, **documented(*SFT, INVALID_REQUEST, CANCELLED, "Terminated")},
    )
    async def read_usage(
        traveler_id: TravelerId, endpoint_id: EndpointId, patience: Patience, response: Response
    ) -> ShownSubscription:
        """Asks SFT what is left. Many at the same moment are one call to SFT."""
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        _refuse_ended(esim)
        return _as_it_stands(esim, await shop.refresh(endpoint_id, patience), response)


def _add_lifecycle_orders(one: APIRouter, shop: Shop) -> None:
    def add(change: LifecycleChange, summary: str, description: str) -> None:
        @one.post(
            f"/{change}",
            summary=summary,
            response_description="The eSIM, after that",
            description=description,
            name=change,
            dependencies=[Depends(takes_json)],
            responses={**GOES_ON, **documented(*BODY, *SFT, CANCELLED, "Terminated")},
        )
        async def order(
            traveler_id: TravelerId,
            endpoint_id: EndpointId,
            order: LifecycleOrder,
            key: Key,
            patience: Patience,
            response: Response,
        ) -> ShownSubscription:
            esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
            if esim.status == "closed" and change == "close":
                return esim
            _refuse_ended(esim)
            done = await shop.change(endpoint_id, change, by(key, order), patience)
            return _as_it_stands(esim, done, response)

    add("suspend", "Suspend an eSIM", "No traffic until it is resumed. Add-ons that are bought meanwhile wait.")
    add("resume", "Resume an eSIM", "It is active again, and the add-ons that waited are provisioned.")
    add("close", "Close an eSIM", "Suspends it for good. Nobody else ever gets it.")


def _as_it_stands(esim: ShownSubscription, done: Subscription | None, response: Response) -> ShownSubscription:
    """The eSIM after an order, or as it was before where the order goes on."""
    if not done:
        look_again(response, f"/api/travelers/{esim.traveler_id}/esims/{esim.endpoint_id}")
    return ShownSubscription(**dict(done)) if done else esim


def _refuse_ended(esim: ShownSubscription) -> None:
    _refuse_closed(esim)
    if esim.status == "terminated":
        raise ended_outside(esim.subscription_id, "ended")


def _refuse_closed(esim: Subscription, so: str = "it takes no orders any more") -> None:
    if esim.status == "closed":
        raise SellerError(CANCELLED, f"The eSIM of endpoint {esim.endpoint_id} was closed: {so}")
