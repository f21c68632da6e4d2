"""A portal that takes whatever it is told, so that telling costs what it costs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from process.address import Address
from process.server import serving, site
from tools.demo.ports import LOOPBACK
from tools.demo.safe import webhook_secret


async def _take(request: Request) -> Response:
    await request.body()
    return Response(status_code=204)


@asynccontextmanager
async def portal() -> AsyncIterator[dict[str, str]]:
    """The worker's settings for as long as it listens, by the names of their variables."""
    listener = Address(LOOPBACK, 0).listener()
    async with serving(site([Route("/events", _take, methods=["POST"])]), listener):
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}/events"
        yield {"PORTAL_WEBHOOK_URL": url, "PORTAL_WEBHOOK_SECRET": webhook_secret().get_secret_value()}
