"""What a traveler calls an eSIM."""

from fastapi import APIRouter, Depends

from contract.failure import CANCELLED
from contract.ids import TravelerId
from contract.subscription import Naming, ShownSubscription
from portal.api.esim_ids import EndpointId
from portal.api.media import takes_json
from portal.api.openapi import BODY, SFT, documented
from portal.shop import Shop
from seller.errors import SellerError, ended_outside


def add_naming(one: APIRouter, shop: Shop) -> None:
    """The call below one eSIM of a traveler."""

    @one.post(
        "/name",
        summary="Give an eSIM a name",
        response_description="As it stands, with that `name`",
        dependencies=[Depends(takes_json)],
        responses=documented(*BODY, *SFT, CANCELLED, "Terminated"),
    )
    async def name_esim(traveler_id: TravelerId, endpoint_id: EndpointId, naming: Naming) -> ShownSubscription:
        """By which its traveler tells it from others; with null it has none any more."""
        esim = await shop.seller.subscriptions.get_of_traveler(traveler_id, endpoint_id)
        if esim.status == "closed":
            raise SellerError(CANCELLED, f"The eSIM of endpoint {endpoint_id} was closed: it keeps its name")
        if esim.status == "terminated":
            raise ended_outside(esim.subscription_id, "ended")
        return ShownSubscription(**dict(await shop.seller.subscriptions.name_esim(endpoint_id, naming)))
