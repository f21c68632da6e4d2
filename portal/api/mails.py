"""The mail with an eSIM, sent once more."""

from fastapi import APIRouter, Depends

from contract.failure import CANCELLED
from contract.ids import TravelerId
from contract.order import ResendOrder
from contract.subscription import ShownSubscription
from portal.api.callers import Key, by, may_see_codes
from portal.api.esim_ids import EndpointId
from portal.api.media import takes_json
from portal.api.openapi import BODY, SFT, documented
from portal.shop import Shop
from process import audit
from seller.errors import SellerError, ended_outside


def add_resending(one: APIRouter, shop: Shop) -> None:
    """The call below one eSIM of a traveler."""

    @one.post(
        "/mail",
        status_code=202,
        summary="Mail an eSIM once more",
        response_description="On its way: how that goes is in `delivery`",
        dependencies=[Depends(takes_json)],
        responses=documented(*BODY, *SFT, CANCELLED, "Terminated"),
    )
    async def resend(
        traveler_id: TravelerId, endpoint_id: EndpointId, order: ResendOrder, key: Key
    ) -> ShownSubscription:
        """With its QR code, to the traveler's address, or to another one from now on: for that, the key has to be one
        that is shown codes. Posted again while the mail is on its way, it changes nothing."""
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        if order.email is not None:
            await may_see_codes(key)
        if esim.status == "closed":
            raise SellerError(CANCELLED, f"The eSIM of endpoint {endpoint_id} was closed: it is not mailed any more")
        if esim.status == "terminated":
            raise ended_outside(esim.subscription_id, "ended")
        mailed = await shop.seller.subscriptions.resend(endpoint_id, by(key, order))
        if order.email is not None:  # who may say where the code goes can have it
            audit.note("activation_code", "done", endpoint_id=endpoint_id, shown="mail")
        return ShownSubscription(**dict(mailed))
