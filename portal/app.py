"""The portal as one application: its parts, put together."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from portal import callbacks, operators, pages, schemas
from portal.api import problems, reference
from portal.api.app import api
from portal.attempts import Attempts
from portal.callbacks import LARGEST_POST, Callbacks
from portal.head import HeadAsGet
from portal.headers import HEADERS, Headers
from portal.identity import Identity, Visitors
from portal.keys import ApiKeys
from portal.limits import Limits
from portal.pages.desk import Desk
from portal.pages.rendering import STATIC
from portal.prefix import Prefix
from portal.settings import PortalServerSettings
from portal.shop import Shop
from process.requests import LIVE, Counted


async def alive(request: Request) -> Response:
    """For whoever shares requests out among portals. Also while Temporal is away: the pages say that better."""
    return PlainTextResponse("alive")


def application(shop: Shop, settings: PortalServerSettings, identity: Identity | None = None) -> FastAPI:
    """Everything that the portal answers. Travelers are who ``identity`` says; Visitors, where it is None."""
    app = FastAPI(title="Travel eSIMs", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.is_closing = False
    """Set where the portal is about to stop: whoever follows a purchase is let go then."""
    desk = Desk(shop, settings, identity or Visitors(settings))
    app.include_router(pages.router(desk))
    heard = app.state.callbacks = Callbacks(shop.seller, settings)
    app.mount("/static", StaticFiles(directory=STATIC))
    rest = api(shop, ApiKeys(Path(settings.portal_api_keys)), settings.sales_record())
    app.mount("/api", rest)
    parts = (callbacks.router(heard), operators.router(shop, settings, heard), reference.router(rest), schemas.router())
    for part in parts:
        app.include_router(part)
    app.add_route(LIVE, alive)

    def refuse(request: Request, status: int, sentence: str) -> Response:
        path = request.url.path
        if status in (408, 413) and heard.is_address(path):
            heard.lose_post(sentence)
        return problems.refused(request, status, sentence) if path.startswith("/api/") else desk.refuse(request, status)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = refuse(request, status, "That cannot be answered.")
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        response.headers.update(HEADERS)  # what answers for a fault of ours is outside of every middleware
        return response

    for kind in (HTTPException, Exception):
        app.add_exception_handler(kind, refused)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Limits, refuse=refuse, largest=lambda path: LARGEST_POST if heard.is_address(path) else None)
    app.add_middleware(Headers, https=settings.portal_https)
    app.add_middleware(Attempts)
    app.add_middleware(Counted)
    if settings.portal_prefix:
        app.add_middleware(Prefix, prefix=settings.portal_prefix)
    return app
