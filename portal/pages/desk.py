"""What the pages have in common: who asks, what is shown to them, and what they are told where something is wrong."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fastapi.templating import Jinja2Templates
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contract.purchase import AddonPurchase
from contract.subscription import Subscription
from languages.text import marked
from portal.attempts import form_refused, payload_refused
from portal.cookie import SignedCookie
from portal.forms import Forged, Forms, Misplaced, Outdated, sent
from portal.identity import Identity, Unrecognised, misfit
from portal.pages.cards import may_be_topped_up
from portal.pages.notices import BROKEN, CHANGED, NOT_FOUND, Notice, notice_of, notice_of_sent, notice_of_status
from portal.pages.remembered import RememberedPurchases
from portal.pages.rendering import templates
from portal.pages.speech import listen, remember
from portal.settings import PortalServerSettings
from portal.shop import Shop
from process import audit
from seller.errors import NEED_AN_OPERATOR, RAISED, SellerError, not_found, seller_error

logger = logging.getLogger("portal.pages")

RETRY_SECONDS: Final = 5
"""After which a page that could not be shown is asked for again."""

SIGN_IN: Final = Notice(
    HTTPStatus.UNAUTHORIZED, marked("Please sign in"), marked("Sign in first: eSIMs are shown to their travelers.")
)

ANEW: Final = "/anew"

NO_TRAVELER: Final = (
    "Who the traveler is cannot be used: the identity hook has to answer 1 to 64 of A-Z a-z 0-9 . _ -, not full stops "
    "alone, and answered"
)

FORGED: Final = Notice(
    HTTPStatus.FORBIDDEN,
    marked("This page is out of date"),
    marked(
        "Nothing was bought or changed. Please open the page again and repeat what you did; cookies have to be allowed."
    ),
)


@dataclass
class Visit:
    """One request of a traveler."""

    request: Request
    traveler_id: str
    purchases: RememberedPurchases
    forms: Forms
    pages: Jinja2Templates
    form: FormData = field(default_factory=FormData)
    about: dict[str, str] = field(default_factory=dict)
    """What the form that was sent is about: sealed by us."""

    def id(self, name: str) -> str:
        """An id in the address."""
        return str(self.request.path_params[name])

    def field(self, name: str) -> str:
        """A field of the form; empty if it is missing."""
        value = self.form.get(name)
        return value if isinstance(value, str) else ""

    def sealed(self, name: str) -> str:
        """Something that the form is about. Raises Forged if that is not in its seal, or if a field says otherwise."""
        if name not in self.about or self.form.get(name, self.about[name]) != self.about[name]:
            raise Forged
        return self.about[name]

    def seal(self, address: str, **about: str) -> str:
        """For a hidden field of a form of this traveler's that is sent to this address."""
        return self.forms.seal(self.traveler_id, address, **about)

    def show(self, page: str, status: int = 200, **context: object) -> Response:
        """A page, made from a template."""
        return self.pages.TemplateResponse(self.request, page, {"visit": self, **context}, status)

    def fragment(self, page: str, **context: object) -> str:
        """A part of a page, as HTML."""
        return self.pages.get_template(page).render({"visit": self, **context})

    def go(self, address: str) -> Response:
        """To another page, after a form was sent: reloading that one sends nothing."""
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)


Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Desk:
    """Where every request of a page arrives."""

    def __init__(self, shop: Shop, settings: PortalServerSettings, identity: Identity) -> None:
        self.shop = shop
        self.forms = Forms(settings.portal_secrets())
        self._identity = identity
        self._https, self._path = settings.portal_https, settings.portal_prefix or "/"
        https, prefix = settings.portal_https, settings.portal_prefix
        self._cookie = SignedCookie("purchases", settings.portal_secrets(), https=https, prefix=prefix)
        self._pages = templates(settings.contact_link())
        self._pages.env.globals["details"] = shop.details

    def on_sale(self, product: str) -> str:
        """The name of a product as the catalog has it; ``NotFound`` if it is not on sale. Some browsers compose letters
        anew in what they send."""
        name = self.shop.named(product)
        if name is None:
            raise not_found("such product")
        return name

    async def to_top_up(self, visit: Visit, endpoint_id: str) -> Subscription:
        """An eSIM of this traveler's that more can be bought for; ``NotFound`` if there is none."""
        esim = await self.shop.seller.subscriptions.get_of_traveler(visit.traveler_id, endpoint_id)
        if not may_be_topped_up(esim):
            raise not_found("eSIM that can be topped up")
        return esim

    def plan_of(self, product: str) -> str:
        """The planId of a product; ``NotFound`` if it is not on sale: no page of ours asks for such a one."""
        plan_id = self.shop.find(product)
        if plan_id is None:
            raise not_found("such product")
        return plan_id

    def seal_offer(self, visit: Visit, address: str, purchase_id: str, product: str) -> str:
        """For the form that buys this product under this id: all that decides what is sold is in it."""
        return visit.seal(address, purchase_id=purchase_id, product=product, plan_id=self.plan_of(product))

    def offer_in(self, visit: Visit) -> AddonPurchase:
        """What a form that was sent buys. Raises Forged; Outdated if the product is another plan by now; ``NotFound``
        if it is not on sale any more."""
        names = ("purchase_id", "product", "plan_id")
        offer = AddonPurchase.model_validate({name: visit.sealed(name) for name in names})
        if offer.plan_id != self.plan_of(offer.product):
            raise Outdated
        return offer

    def page(self, handler: Handler) -> Endpoint:
        """Shows something."""

        async def answer(request: Request) -> Response:
            listen(request)
            try:
                traveler_id = await self._identity.traveler_of(request)
            except Unrecognised as unrecognised:
                return self._ask_anew(request, unrecognised.cookie)
            if traveler_id is None:
                return self.show_notice(request, SIGN_IN)
            if fault := misfit(traveler_id):
                logger.error("%s %s", NO_TRAVELER, fault)
                return self.show_notice(request, BROKEN)
            audit.calling(traveler=traveler_id)
            purchases, remembered = self._remembered(request, traveler_id)
            visit = Visit(request, traveler_id, purchases, self.forms, self._pages)
            try:
                response = await handler(visit)
            except Misplaced:
                form_refused(request)
                response = self.show_notice(request, NOT_FOUND)
            except Outdated:
                response = self.show_notice(request, CHANGED)
            except Forged:
                form_refused(request)
                # Sent by another site's page, it comes without our cookies: they are not to be replaced.
                return self.show_notice(request, FORGED)
            except RAISED as trouble:
                problem = seller_error(trouble)
                payload_refused(problem)
                response = self._notice_of(visit, problem)
            if (now := purchases.model_dump_json()) != remembered:
                self._cookie.write(response, now)
            self._identity.remember(response, traveler_id)
            remember(request, response, https=self._https, path=self._path)
            return response

        return answer

    def form(self, handler: Handler) -> Endpoint:
        """Does something, for a form that we gave to this traveler."""

        async def opened(visit: Visit) -> Response:
            visit.form = await sent(visit.request)
            visit.about = self.forms.opened(visit.request, visit.field("form"), visit.traveler_id)
            return await handler(visit)

        return self.page(opened)

    async def begin_anew(self, request: Request) -> Response:
        """Has a browser that cannot be recognised forget who it was, for a form that we gave to this very browser."""
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        try:
            await self._identity.traveler_of(request)
        except Unrecognised as unrecognised:
            cookie = unrecognised.cookie
        else:
            return response
        try:
            self.forms.opened(request, str((await sent(request)).get("form")), cookie.shown(request))
        except Forged:
            form_refused(request)
            return self.show_notice(request, FORGED)
        cookie.delete(response)
        return response

    def _ask_anew(self, request: Request, cookie: SignedCookie) -> Response:
        logger.warning("The cookie %s of a browser cannot be verified: was PORTAL_SECRET changed?", cookie.name)
        seal = self.forms.seal(cookie.shown(request), ANEW)
        return self._pages.TemplateResponse(
            request, "unrecognised.html", {"address": ANEW, "seal": seal}, HTTPStatus.SERVICE_UNAVAILABLE
        )

    def _remembered(self, request: Request, traveler_id: str) -> tuple[RememberedPurchases, str | None]:
        """The purchases that the browser remembers, and what it need not be told again."""
        remembered, shown = self._cookie.read(request), self._cookie.shown(request)
        if remembered is None and shown:
            purchases = RememberedPurchases.unread(shown, traveler_id)
            return purchases, purchases.model_dump_json()
        return RememberedPurchases.read(remembered, traveler_id), remembered

    def _notice_of(self, visit: Visit, problem: SellerError) -> Response:
        is_sent = visit.request.method == "POST"
        notice = notice_of_sent(problem, is_order=bool(visit.about)) if is_sent else notice_of(problem)
        if notice is BROKEN or problem.type in NEED_AN_OPERATOR:
            logger.error("%s: %s", problem.type, problem.message)
        # What can be sent again is bought once: the same form has the same purchase in it.
        again = {name: value for name, value in visit.form.items() if isinstance(value, str)} if notice.passes else {}
        return self.show_notice(visit.request, notice, again)

    def show_notice(self, request: Request, notice: Notice, again: dict[str, str] | None = None) -> Response:
        """A page that says in a sentence what is wrong."""
        listen(request)
        context = {"notice": notice, "again": again, "retry_seconds": RETRY_SECONDS}
        response = self._pages.TemplateResponse(request, "problem.html", context, notice.status)
        if notice.passes:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    def refuse(self, request: Request, status: int) -> Response:
        """The answer to a request that never gets as far as a page, with this status."""
        return self.show_notice(request, notice_of_status(status))
