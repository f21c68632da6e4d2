"""The pages of the shop: what is on sale, and the checkout, where a real shop would take the money."""

from http import HTTPStatus
from typing import Final

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from contract.ids import EmailAddress
from contract.purchase import EsimPurchase
from languages.speaking import spoken
from languages.text import marked
from portal.pages.desk import Desk, Visit
from portal.pages.shelf import Shelf
from seller.errors import not_found

ADDRESS: Final[TypeAdapter[str | None]] = TypeAdapter(EmailAddress | None)

NO_ADDRESS: Final = marked("This is not an e-mail address: correct it, or leave it out.")


class SellingPages:
    """Sells first purchases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shop = desk.shop
        self._seller = desk.shop.seller

    async def shop(self, visit: Visit) -> Response:
        """What there is to buy; for an eSIM of this traveler's, if the address names one."""
        asked = visit.request.query_params
        esim = await self._desk.to_top_up(visit, asked["esim"]) if "esim" in asked else None
        return visit.show("shop.html", shelf=Shelf.of(self._shop.catalog(), asked, esim))

    async def checkout(self, visit: Visit) -> Response:
        """One product, about to be bought."""
        product = self._desk.on_sale(visit.request.query_params.get("product", ""))
        if (details := self._shop.details(product)) is None or details.hidden:
            raise not_found("such product")
        return self._checkout(visit, product)

    def _checkout(self, visit: Visit, product: str, status: int = HTTPStatus.OK, **typed: str) -> Response:
        address = "/purchases"
        seal = self._desk.seal_offer(visit, address, visit.purchases.next_id(product), product)
        return visit.show("checkout.html", status, product=product, address=address, seal=seal, **typed)

    async def buy(self, visit: Visit) -> Response:
        """Buys it, once for each form however often that is sent."""
        now, offer = spoken(), self._desk.offer_in(visit).model_dump()
        try:
            mail = {"email": ADDRESS.validate_python(visit.field("email").strip() or None)}
        except ValidationError:
            typed = {"email": visit.field("email"), "fault": NO_ADDRESS}
            return self._checkout(visit, offer["product"], HTTPStatus.UNPROCESSABLE_ENTITY, **typed)
        speech = {"locale": str(now.language.locale).replace("_", "-"), "timezone": now.zone.key if now.zone else None}
        purchase = EsimPurchase.model_validate({"traveler_id": visit.traveler_id} | offer | mail | speech)
        await self._seller.sales.start(purchase)
        # Only now: a form that got no answer is shown again with the same purchase in it.
        visit.purchases.add(purchase.purchase_id)
        return visit.go(f"/purchases/{purchase.purchase_id}")
