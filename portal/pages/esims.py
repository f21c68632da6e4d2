"""The page "My eSIMs": what is left of each, and how to buy more."""

import asyncio
import logging
import re
from http import HTTPStatus
from typing import Final

from pydantic import ValidationError
from starlette.responses import Response

from contract.subscription import Naming, Subscription
from languages.text import marked
from portal.attempts import payload_refused
from portal.limits import Buckets, Rate
from portal.pages.cards import Card, bought_by_plan
from portal.pages.desk import Desk, Visit
from portal.pages.notices import REFUSED, notice_of
from portal.pages.remembered import purchase_id
from portal.pages.standing import Standing, hidden, standing
from seller.errors import RAISED, SellerError, seller_error
from seller.subscriptions import LAST_OFFSET, UnreadableEsim

logger = logging.getLogger("portal.pages")

REFRESHES: Final = Rate(burst=4, per_second=1 / 15)
"""Of one eSIM: each is a call to SFT, which takes only so many of them for all travelers together."""

NAMES: Final = Rate(burst=10, per_second=1 / 60)
"""Given to one eSIM: each is kept in its history."""

EACH: Final = 20
"""eSIMs on a page: each is asked for of a worker, each time."""

PAGE: Final = re.compile("[0-9]{1,3}")

LAST_PAGE: Final = LAST_OFFSET // EACH + 1

NOTES: Final = {
    "enough": marked("What is left was read a moment ago: please wait a little before you refresh again."),
    "refreshed": marked("This is what is left now."),
    "late": marked("The mobile network takes longer than usual to tell what is left: please look again in a minute."),
    "bought": marked("Your data was added."),
    "buying": marked("Your data is being added: that takes longer than usual, and goes on by itself."),
    "named": marked("The name is kept."),
    "odd": marked("That cannot be a name: take up to 80 letters, digits and signs, in one line."),
}


class EsimPages:
    """The eSIMs of the traveler who asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shop = desk.shop
        self._seller = desk.shop.seller
        self._refreshes, self._names = Buckets(REFRESHES), Buckets(NAMES)

    async def show(self, visit: Visit) -> Response:
        """The newest of them, or the next newest; of these what is in use comes first. Before them, the purchases that
        have not become one yet."""
        page = _page(visit.request.query_params.get("page", ""))
        found = await self._seller.subscriptions.some_of_traveler(visit.traveler_id, EACH, (page - 1) * EACH)
        esims = [esim for esim in found.esims if isinstance(esim, Subscription)]
        bought, read = bought_by_plan(esims), visit.purchases.has_read
        cards = sorted((Card.of(esim, self._shop.products, bought, read) for esim in esims), key=lambda card: card.rank)
        unread = [esim for esim in found.esims if isinstance(esim, UnreadableEsim)]
        for esim in unread:
            payload_refused(esim)
            logger.error("%s cannot be shown: %s: %s", esim.subscription_id, esim.type, esim.reason)
        shown = {addon.purchase_id for esim in esims for addon in esim.addons}
        return visit.show(
            "esims.html",
            hidden=len(unread),
            cards=cards,
            purchases=await self._purchases(visit, shown, found.has_more) if page == 1 else [],
            number=page,
            has_more=found.has_more and page < LAST_PAGE,
            note=NOTES.get(visit.request.query_params.get("note", "")),
            about=visit.request.query_params.get("esim", ""),
        )

    async def _purchases(self, visit: Visit, shown: set[str], has_more: bool) -> list[tuple[str, Standing]]:
        """Those that are not among what is shown; if there is more of that, no eSIM of them can be missing there."""
        unseen = [one for one in visit.purchases.newest if one not in shown and not visit.purchases.has_read(one)]
        standings = await asyncio.gather(*(self._standing(visit, one) for one in unseen))
        found = [(one, now) for one, now in zip(unseen, standings, strict=True) if now]
        return [(one, now) for one, now in found if not has_more or not now.is_over or now.has_failed]

    async def refresh(self, visit: Visit) -> Response:
        """Reads what is left, now."""
        esim = await self._own(visit)
        note = "enough"
        if not self._refreshes.wait(esim.endpoint_id):
            note = "refreshed" if await self._shop.refresh(esim.endpoint_id) else "late"
        return _back(visit, note, esim.endpoint_id)

    async def checkout(self, visit: Visit) -> Response:
        """A product, about to be bought for an eSIM.

        The purchase id is the same on every page that is shown until something is bought for this eSIM.
        """
        product = self._desk.on_sale(visit.request.query_params.get("product", ""))
        esim = await self._desk.to_top_up(visit, visit.id("endpoint_id"))
        address = f"/esims/{esim.endpoint_id}/addons"
        bought = str(len(esim.addons) + esim.archived)
        about = purchase_id(esim.traveler_id, esim.endpoint_id, bought, product)
        seal = self._desk.seal_offer(visit, address, about, product)
        page = _page(visit.request.query_params.get("page", ""))
        card = Card.of(esim, ())
        return visit.show("checkout.html", product=product, card=card, address=address, seal=seal, number=page)

    async def buy_addon(self, visit: Visit) -> Response:
        """Buys another add-on, once for each form however often that is sent."""
        esim = await self._own(visit)
        purchase = self._desk.offer_in(visit)
        try:
            addon = await self._shop.buy_addon(esim.endpoint_id, purchase)
        except SellerError as problem:
            if notice_of(problem) is REFUSED:
                which = (purchase.purchase_id, esim.endpoint_id)
                logger.warning("Add-on %s on endpoint %s was refused: %s: %s", *which, problem.type, problem.message)
            raise
        note = "bought" if addon.status == "provisioned" else "buying"
        return _back(visit, note, esim.endpoint_id)

    async def name(self, visit: Visit) -> Response:
        """Keeps what the traveler calls it; an empty name takes it away."""
        esim = await self._own(visit)
        try:
            naming = Naming(name=" ".join(visit.field("name").split()) or None)
        except ValidationError:
            return _back(visit, "odd", esim.endpoint_id)
        if naming.name != esim.name:
            if self._names.wait(esim.endpoint_id):
                return self._desk.refuse(visit.request, HTTPStatus.TOO_MANY_REQUESTS)
            await self._seller.subscriptions.name_esim(esim.endpoint_id, naming)
        return _back(visit, "named", esim.endpoint_id)

    async def read(self, visit: Visit) -> Response:
        """The traveler has read of a purchase that it failed: it is told no more."""
        visit.purchases.tick_off(visit.sealed("purchase_id"))
        page = _page(visit.field("page"))
        return visit.go(f"/esims?page={page}" if page > 1 else "/esims")

    async def _own(self, visit: Visit) -> Subscription:
        return await self._seller.subscriptions.get_of_traveler(visit.traveler_id, visit.id("endpoint_id"))

    async def _standing(self, visit: Visit, purchase: str) -> Standing | None:
        """None for one that is somebody else's, or that nobody remembers."""
        try:
            sale = await self._seller.sales.sale(purchase)
        except RAISED as error:
            problem = seller_error(error)
            return None if problem.type == "NotFound" else hidden(problem)
        if sale.traveler_id != visit.traveler_id:
            return None
        return standing(sale)


def _page(written: str) -> int:
    """The page that an address or a form names; the first, if it names none."""
    page = int(written) if PAGE.fullmatch(written) else 1
    return min(max(1, page), LAST_PAGE)


def _back(visit: Visit, note: str, endpoint_id: str) -> Response:
    """To the page with this eSIM, which a form was sent from."""
    page = _page(visit.field("page"))
    at = f"&page={page}" if page > 1 else ""
    return visit.go(f"/esims?note={note}&esim={endpoint_id}{at}#esim-{endpoint_id}")
