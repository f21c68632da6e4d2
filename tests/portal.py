"""A portal under test: takes the events that the product posts to it, over real HTTP, and believes only signed ones."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from delivery.webhook import signature
from domain.event import Event

SECRET: Final = SecretStr("a secret that the portal shares with us")


class Portal:
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
        expected = signature(SECRET, int(request.headers["X-Esim-Timestamp"]), body)
        assert hmac.compare_digest(request.headers["X-Esim-Signature"], f"v1={expected}")
        if self.answer < 300:
            self.events.append(Event.model_validate_json(body))
        return Response(status_code=self.answer)


@asynccontextmanager
async def listening(portal: Portal) -> AsyncIterator[dict[str, Any]]:
    """The worker's settings for as long as the portal listens."""
    routes = [Route("/events", portal.take, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), port=0, lifespan="off", log_config=None, access_log=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield {"portal_webhook_url": f"http://127.0.0.1:{port}/events", "portal_webhook_secret": SECRET}
    finally:
        server.force_exit = True
        await server.shutdown()
