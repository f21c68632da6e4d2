"""The portal's server: takes the events that are posted to it, once it has verified who signed them."""

import hmac
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract.event import Event
from delivery.webhook import signature
from process.address import Address
from process.server import serving, site
from tools.demo.arrivals import Arrivals
from tools.demo.ports import LOOPBACK

OLDEST_SECONDS: Final = 300


class Portal:
    """The events that came, each once however often it was posted. Made with a secret of its own, at random."""

    def __init__(self) -> None:
        self.events = Arrivals[Event]("The portal's webhook")
        self.settings: Mapping[str, str] = {}
        """What the worker has to be told, as environment variables."""
        self.secret = SecretStr(secrets.token_hex(32))

    async def take(self, request: Request) -> Response:
        """Answers 204, or 401 to what is not signed with the secret or was signed over five minutes ago."""
        body = await request.body()
        if not self._is_genuine(request.headers, body):
            return Response(status_code=401)
        event = Event.model_validate_json(body)
        if event.event_id not in {known.event_id for known in self.events.all}:
            await self.events.add(event)
        return Response(status_code=204)

    def _is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        posted, signed = headers.get("X-Esim-Timestamp", ""), headers.get("X-Esim-Signature", "")
        if not posted.isdecimal() or abs(time.time() - int(posted)) > OLDEST_SECONDS:
            return False
        return hmac.compare_digest(signed.encode(), f"v1={signature(self.secret, int(posted), body)}".encode())


@asynccontextmanager
async def open_portal() -> AsyncIterator[Portal]:
    """A portal that listens on a free port for as long as the block lasts."""
    portal = Portal()
    listener = Address(LOOPBACK, 0).listener()
    portal.settings = {
        "PORTAL_WEBHOOK_URL": f"http://{LOOPBACK}:{listener.getsockname()[1]}/events",
        "PORTAL_WEBHOOK_SECRET": portal.secret.get_secret_value(),
    }
    async with serving(site([Route("/events", portal.take, methods=["POST"])]), listener):
        yield portal
