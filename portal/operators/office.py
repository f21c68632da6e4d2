"""Who may see the operators' pages, and what they are shown where something is wrong."""

import logging
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi.templating import Jinja2Templates
from jinja2 import FileSystemLoader
from pydantic import SecretStr
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contract.failure import INVALID_REQUEST
from portal.attempts import form_refused, payload_refused
from portal.cookie import SignedCookie
from portal.forms import Forged, Forms, is_from_here, sent
from portal.limits import Buckets, Rate, network
from portal.operators.labels import ago, exact, lasted, moment, why
from portal.operators.sessions import Sessions
from portal.pages.rendering import HERE, templates
from portal.settings import PortalServerSettings
from process import audit
from seller.accounts import Accounts
from seller.errors import NEED_AN_OPERATOR, RAISED, NoAnswer, SellerError, seller_error

SHIFT_SECONDS: Final = 8 * 3600
"""After which an operator logs in anew."""

ATTEMPTS: Final = Rate(burst=5, per_second=1 / 60)
"""Of one address to log in: a person mistypes, a program guesses."""

HOME: Final = "/operators"
LOGIN: Final = "/operators/login"

WRONG: Final = "That is not the password."
WRONG_NAME: Final = "That is not the name and the password of an operator."
NOBODY_CAN: Final = "Nobody can log in by name at the moment: the log of the portal says why."

OUT_OF_DATE: Final = "This page is out of date, and nothing was changed: open the operators' page again."

logger = logging.getLogger("portal.operators")


@dataclass
class Visit:
    """One request of an operator who is logged in."""

    request: Request
    session: str
    office: "Office"
    form: FormData = field(default_factory=FormData)
    operator: str | None = None
    """Their name; None for who came in by the one password of all."""
    about: dict[str, str] = field(default_factory=dict)
    """What the form that was sent is about: sealed by us."""

    @property
    def ordered_by(self) -> str:
        """Who orders something here, for the record of orders."""
        return self.operator or "an operator"

    @property
    def who(self) -> str:
        """The same at the beginning of a line of the log."""
        return self.operator or "An operator"

    @property
    def purchase_id(self) -> str:
        """The one in the address."""
        return str(self.request.path_params["purchase_id"])

    def field(self, name: str) -> str:
        """A field of the form, without spaces around it; empty if it is missing."""
        return _text(self.form, name).strip()

    @property
    def run_id(self) -> str:
        """The run of the purchase that the form was shown for. Raises Forged if that is not in its seal."""
        if "run_id" not in self.about:
            raise Forged
        return self.about["run_id"]

    def seal(self, address: str, **about: str) -> str:
        """For a hidden field of a form that is sent to this address."""
        return self.office.forms.seal(self.session, address, **about)

    def show(self, page: str, status: int = 200, **context: object) -> Response:
        """A page, made from a template."""
        return self.office.show(self.request, page, status, visit=self, **context)

    def home(self, said: str) -> Response:
        """Back to the overview, which says what was done."""
        return RedirectResponse(f"{HOME}?said={said}", HTTPStatus.SEE_OTHER)


Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class Office:
    """Where every request of an operator arrives: of one who has a name, or of whoever has the one password of all."""

    def __init__(self, settings: PortalServerSettings, accounts: Accounts) -> None:
        secret = settings.portal_operator_password
        password = secret.get_secret_value() if secret else None
        self._sessions = Sessions(accounts, password)
        # Another password is another key: it logs out everybody who knew the one before.
        keys = [
            SecretStr(f"{secret.get_secret_value()} {password or 'of operators with names'}")
            for secret in settings.portal_secrets()
        ]
        self.forms = Forms(keys)
        https, prefix = settings.portal_https, settings.portal_prefix
        self._cookie = SignedCookie("operator", keys, https=https, prefix=prefix, seconds=SHIFT_SECONDS)
        self._attempts = Buckets(ATTEMPTS)
        self._pages = _pages()

    async def ask(self, request: Request) -> Response:
        """The form to log in with."""
        return self.show(request, "login.html", why="")

    async def log_in(self, request: Request) -> Response:
        """Lets in who knows the password, their own or that of all."""
        if wait := self._attempts.wait(network(request)):
            audit.note("login", "throttled")
            sentence = f"Too many attempts: wait {math.ceil(wait)} seconds, then try again."
            refusal = self.show(request, "login.html", 429, why=sentence)
            refusal.headers["Retry-After"] = str(math.ceil(wait))
            return refusal
        form = await sent(request)
        name = _text(form, "name").strip()
        try:
            session = await self._sessions.begin(name, _text(form, "password"))
        except SellerError as problem:
            logger.error("%s", problem.message)
            return self.show(request, "login.html", 503, why=NOBODY_CAN)
        if session is None:
            audit.note("login", "refused", why="password")
            return self.show(request, "login.html", 403, why=WRONG_NAME if name else WRONG)
        if not is_from_here(request):
            audit.note("login", "refused", why="another-site")
            return self.show(request, "login.html", 403, why=OUT_OF_DATE)
        response = RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
        audit.calling(operator=session.label)
        audit.note("login", "done")
        self._cookie.write(response, session.text)
        return response

    async def log_out(self, visit: Visit) -> Response:
        """Has the browser forget who it was."""
        response = RedirectResponse(LOGIN, HTTPStatus.SEE_OTHER)
        self._cookie.delete(response)
        return response

    async def log_out_everywhere(self, visit: Visit) -> Response:
        """Ends every session of this operator, in whatever browser. Who has no name is logged out here."""
        if visit.operator:
            self._sessions.end_all(visit.operator)
            audit.note("operators", "done", logged_out=[visit.operator])
        return await self.log_out(visit)

    def page(self, handler: Handler) -> Endpoint:
        """Shows something to who is logged in; everybody else is asked to do that first."""

        async def answer(request: Request) -> Response:
            try:
                text = self._cookie.read(request)
                session = self._sessions.still(text) if text else None
                if session is None:
                    return RedirectResponse(LOGIN, HTTPStatus.SEE_OTHER)
                audit.calling(operator=session.label)
                return await handler(Visit(request, session.text, self, operator=session.operator))
            except Forged:
                form_refused(request)
                return self.show(request, "trouble.html", 403, sentence=OUT_OF_DATE)
            except RAISED as error:
                problem = seller_error(error)
                payload_refused(problem)
                return self.show(request, "trouble.html", _status(problem), sentence=f"{problem.message}.")

        return answer

    def form(self, handler: Handler) -> Endpoint:
        """Does something, for a form that we gave to this operator for this address."""

        async def opened(visit: Visit) -> Response:
            visit.form = await sent(visit.request)
            visit.about = self.forms.opened(visit.request, visit.field("form"), visit.session)
            with _noted(handler, visit):
                return await handler(visit)

        return self.page(opened)

    def show(self, request: Request, page: str, status: int = 200, **context: object) -> Response:
        """A page, made from a template."""
        return self._pages.TemplateResponse(request, page, context, status)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


@contextmanager
def _noted(order: Handler, visit: Visit) -> Iterator[None]:
    """Leaves a line about an operator's order."""
    about = {"order": getattr(order, "__name__", "unknown"), **visit.request.path_params}
    try:
        yield
    except RAISED as error:
        audit.note("order", "refused", **about, why=seller_error(error).type)
        raise
    audit.note("order", "done", **about)


def _pages() -> Jinja2Templates:
    """Those of the travelers' pages, with templates of their own."""
    pages = templates()
    pages.env.loader = FileSystemLoader([Path(__file__).parent / "templates", HERE / "templates"])
    pages.env.filters |= {"ago": ago, "exact": exact, "lasted": lasted, "why": why, "moment": moment}
    pages.env.globals["now"] = lambda: datetime.now(UTC)
    return pages


def _status(problem: SellerError) -> int:
    if problem.type == "NotFound":
        return HTTPStatus.NOT_FOUND
    if problem.type == INVALID_REQUEST:
        return HTTPStatus.CONFLICT
    away = isinstance(problem, NoAnswer) or problem.type in NEED_AN_OPERATOR
    return HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.BAD_GATEWAY
