"""The portal's server: takes the events that are posted to it, once it has verified who signed them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.problem import Problem
from contract.event import Event
from delivery.webhook import EventNotTaken, Webhook
from delivery.webhook_secrets import WebhookSecrets
from process.address import Address
from process.server import serving, site
from tools.demo.arrivals import Arrivals
from tools.demo.ports import LOOPBACK

OWN: Final = "PORTAL_WEBHOOK_URL"
"""The variable by which whoever starts the demo has its events posted to a portal of their own, too."""

AGAIN_SECONDS: Final = 1.0
"""After how long what that one did not take is posted to it again: it may be started after the demo."""


class Portal:
    """The events that came, each once however often it was posted."""

    def __init__(self, secret: SecretStr) -> None:
        self.events = Arrivals[Event]("The portal's webhook")
        self.settings: Mapping[str, str] = {}
        """What the worker has to be told, as environment variables."""
        self.exported: Mapping[str, str] = {}
        """The same for a terminal, which has to do with somebody's own portal if there is one."""
        self._secrets = WebhookSecrets(secret)
        self._to_pass_on = asyncio.Queue[Event]()

    async def take(self, request: Request) -> Response:
        """Answers 204, or 401 to what is not signed with the secret or was signed over five minutes ago."""
        body = await request.body()
        if not self._secrets.is_genuine(request.headers, body, time.time()):
            return Response(status_code=401)
        event = Event.model_validate_json(body)
        if event.event_id not in {known.event_id for known in self.events.all}:
            await self.events.add(event)
            self._to_pass_on.put_nowait(event)
        return Response(status_code=204)

    async def pass_on(self, own: Webhook) -> None:
        """Posts them to somebody's own portal as well, in order, each until that one takes it or is gone."""
        while True:
            event = await self._to_pass_on.get()
            while True:
                if await _is_over(own, event):
                    break
                await asyncio.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def open_portal(secret: SecretStr, own_url: str | None = None) -> AsyncIterator[Portal]:
    """A portal that listens on a free port for as long as the block lasts. Raises a Problem, ``BadSettings``, for an
    own URL that cannot be posted to."""
    async with AsyncExitStack() as stack:
        portal = Portal(secret)
        if own_url:
            own = await stack.enter_async_context(_webhook(own_url, secret))
            passing = asyncio.create_task(portal.pass_on(own))
            stack.callback(passing.cancel)
        listener = Address(LOOPBACK, 0).listener()
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}/events"
        signed = {"PORTAL_WEBHOOK_SECRET": secret.get_secret_value()}
        portal.settings, portal.exported = {OWN: url, **signed}, {OWN: own_url or url, **signed}
        routes = [Route("/events", portal.take, methods=["POST"])]
        await stack.enter_async_context(serving(site(routes), listener))
        yield portal


def own_url() -> str | None:
    """The address of somebody's own portal; None if there is none."""
    return os.environ.get(OWN, "").strip() or None


async def _is_over(own: Webhook, event: Event) -> bool:
    try:
        await own.post(event)
    except EventNotTaken as refusal:
        return refusal.is_gone
    return True


def _webhook(url: str, secret: SecretStr) -> Webhook:
    try:
        return Webhook(SecretStr(url), secret)
    except ValueError as error:
        raise Problem("BadSettings", f"{OWN}: {error}") from None
