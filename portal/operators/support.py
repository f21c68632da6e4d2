"""What an operator looks up for a traveler who calls: an eSIM, by whatever they can read out."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse, Response

from contract.ids import TravelerId
from contract.text import ungrouped
from portal.operators.office import Visit
from portal.settings import PortalServerSettings
from portal.shop import Shop
from seller.errors import SellerError, not_found
from seller.sales import PurchaseStatus
from seller.search import FoundSubscription, Search
from sft.callbacks import id_of
from temporal.digests import Digests

ESIMS: Final = "/operators/esims"

MOST_FOUND: Final = 100

AN_ID: Final[TypeAdapter[str]] = TypeAdapter(TravelerId)
"""Of a traveler or of a purchase: they are made of the same."""


class Support:
    """Finds eSIMs by their numbers, by their traveler, and by the purchase that they were sold with."""

    def __init__(self, shop: Shop, settings: PortalServerSettings) -> None:
        self._seller = shop.seller
        self._subscriptions = shop.seller.subscriptions
        self._digests = Digests(settings.keys())

    async def find(self, visit: Visit) -> Response:
        """To the page of the eSIM, to a list of several, or to what happened to a purchase that has none."""
        name = ungrouped(visit.field("esim"))
        if endpoint_id := await self._by_number(name):
            return _to(endpoint_id)
        try:
            AN_ID.validate_python(name)
        except ValidationError:
            raise not_found("such eSIM") from None
        purchase = await self._seller.sales.status(name)
        found = {esim.endpoint_id: esim async for esim in self._by_id(name, purchase)}
        if not found and purchase:
            return RedirectResponse(f"/operators/sales/{quote(name, safe='')}/history", HTTPStatus.SEE_OTHER)
        if not found:
            raise not_found("such eSIM that is in use, nor such a traveler or purchase")
        if len(found) == 1:
            return _to(*found)
        return visit.show("found.html", name=name, esims=list(found.values()), most=MOST_FOUND)

    async def _by_id(self, name: str, purchase: PurchaseStatus | None) -> AsyncIterator[FoundSubscription]:
        if purchase and purchase.endpoint_id:
            esim = await self._subscriptions.get(purchase.endpoint_id)
            if any(addon.purchase_id == name for addon in esim.addons) or purchase.step == "completed":
                yield FoundSubscription.model_validate(esim.model_dump(include=set(FoundSubscription.model_fields)))
        for found in (await self._seller.find(Search(traveler_id=name), MOST_FOUND)).subscriptions:
            yield found

    async def _by_number(self, number: str) -> str | None:
        """The endpoint id of the eSIM with this endpoint id, ICCID or MSISDN; None if there is none."""
        endpoint_id = id_of(number)
        if endpoint_id is None:
            return None
        try:
            return (await self._subscriptions.get(endpoint_id)).endpoint_id
        except SellerError as problem:
            if problem.type != "NotFound":
                raise
        iccids, msisdns = self._digests.iccid(number), self._digests.msisdn(number)
        found = await self._subscriptions.with_numbers(dict.fromkeys(iccids, "iccid"), dict.fromkeys(msisdns, "msisdn"))
        if not found:
            return None
        esim = await self._subscriptions.get(found.get("iccid") or found["msisdn"])
        its = self._digests.of(esim.iccid, esim.msisdn)
        if its.iccid not in iccids and its.msisdn not in msisdns:  # whoever may start runs may say anything in a list
            return None
        return esim.endpoint_id


def _to(endpoint_id: str) -> Response:
    return RedirectResponse(f"{ESIMS}/{quote(endpoint_id, safe='')}", HTTPStatus.SEE_OTHER)
