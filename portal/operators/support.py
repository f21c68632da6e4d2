"""What an operator tells a traveler who calls: how an eSIM stands, and whether it is installed."""

from starlette.responses import Response

from contract.subscription import ShownSubscription
from portal.operators.office import Visit
from portal.settings import PortalServerSettings
from portal.shop import Shop
from seller.errors import SellerError, not_found
from sft.callbacks import id_of
from temporal.digests import Digests


class Support:
    """Finds one eSIM by whatever number a traveler can read out."""

    def __init__(self, shop: Shop, settings: PortalServerSettings) -> None:
        self._subscriptions = shop.seller.subscriptions
        self._digests = Digests(settings.keys())

    async def find(self, visit: Visit) -> Response:
        """The eSIM of this endpoint id, ICCID or MSISDN."""
        return visit.show("esim.html", esim=await self._esim(visit.field("esim")))

    async def _esim(self, name: str) -> ShownSubscription:
        number = name.replace(" ", "")
        endpoint_id = id_of(number)
        if endpoint_id is None:
            raise not_found("such eSIM")
        try:
            return await self._subscriptions.get(endpoint_id)
        except SellerError as problem:
            if problem.type != "NotFound":
                raise
        iccids, msisdns = self._digests.iccid(number), self._digests.msisdn(number)
        found = await self._subscriptions.with_numbers(dict.fromkeys(iccids, "iccid"), dict.fromkeys(msisdns, "msisdn"))
        if not found:
            raise not_found("such eSIM that is in use")
        esim = await self._subscriptions.get(found.get("iccid") or found["msisdn"])
        its = self._digests.of(esim.iccid, esim.msisdn)
        if its.iccid not in iccids and its.msisdn not in msisdns:  # whoever may start runs may say anything in a list
            raise not_found("such eSIM that is in use")
        return esim
