"""A server of the portal's: takes the events that the product posts to it, over real HTTP, if they are signed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import standardwebhooks
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contract.event import Event
from process.address import Address
from process.server import serving

SECRET: Final = SecretStr("whsec_" + "shared0with0the0portal00" * 2)


class EventReceiver:
    """What it was told, in order; ``answer`` is the HTTP status that it answers with."""

    def __init__(self, answer: int = 204) -> None:
        self.answer = answer
        self.asked = 0
        self.events: list[Event] = []

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    async def take(self, request: Request) -> Response:
        self.asked += 1
        body = await request.body()
        standardwebhooks.Webhook(SECRET.get_secret_value()).verify(body, dict(request.headers))
        if self.answer < 300:
            self.events.append(Event.model_validate_json(body))
        return Response(status_code=self.answer)


@asynccontextmanager
async def listening(portal: EventReceiver) -> AsyncIterator[dict[str, Any]]:
    """The worker's settings for as long as the portal listens."""
    routes = [Route("/events", portal.take, methods=["POST"])]
    listener = Address("127.0.0.1", 0).listener()
    async with serving(Starlette(routes=routes), listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/events"
        yield {"portal_webhook_url": url, "portal_webhook_secret": SECRET}
