"""Callbacks of SFT, posted when something happens to an eSIM: hints, answered at once and worked off behind."""

import asyncio
import hmac
from datetime import UTC, datetime
from typing import Final, cast

from fastapi import APIRouter
from pydantic import SecretStr
from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contract.profile import EsimProfile, ProfileStatus
from portal.hints import Counts, Hint, HintsOnTheirWay, merged
from portal.settings import PortalServerSettings
from process import audit
from seller.client import SellerClient
from sft.callbacks import CallbackEvent, read_post
from temporal.digests import Digests

PATH: Final = "/callbacks/sft/"

LARGEST_POST: Final = 2 * 1024 * 1024

MOST_BYTES: Final = 16 * LARGEST_POST
"""Of posts that came and are not read yet."""


class Callbacks:
    """Takes what SFT posts, tells the subscriptions that it is about, and counts what came since the portal started."""

    def __init__(self, seller: SellerClient, settings: PortalServerSettings) -> None:
        self.counts = Counts()
        self._address = _address(settings.portal_callback_secret)
        self._token = settings.portal_callback_jwt
        self._zone = settings.time_zone()
        self._hints = HintsOnTheirWay(seller, Digests(settings.keys()), self.counts)
        self._one_at_a_time = asyncio.Lock()
        self._unread = 0

    @property
    def is_open(self) -> bool:
        """Whether posts are taken at all."""
        return self._address is not None

    @property
    def waiting(self) -> int:
        """How many events are not told of yet."""
        return self._hints.waiting

    def is_address(self, path: str) -> bool:
        """Whether this is the address that only SFT knows."""
        return self._address is not None and hmac.compare_digest(path.encode(errors="replace"), self._address)

    def is_signed(self, headers: Headers) -> bool:
        """Whether the customer's token is in a header, whichever it is; every header is compared."""
        if self._token is None:
            return True
        token = self._token.get_secret_value().encode()
        # Behind "Bearer", or whatever else there is.
        values = [value.rpartition(" ")[2].encode() for value in headers.values()]
        return sum(hmac.compare_digest(value, token) for value in values) > 0

    async def take(self, body: bytes, *, is_signed: bool = True) -> None:
        """Reads one post, and has what it says told of."""
        if self._unread + len(body) > MOST_BYTES:
            self.lose_post("too much came at once")
            return
        self._unread += len(body)
        try:
            async with self._one_at_a_time:
                post = await asyncio.to_thread(read_post, body, self._zone)
        finally:
            self._unread -= len(body)
        self.counts.drop("nameless", post.nameless, "they name no eSIM")
        self.counts.lose(post.dropped, "there are too many in one post")
        events = [event for event in post.events if is_signed or not event.needs_token]
        self.counts.drop("unsigned", len(post.events) - len(events), "no header of their post is PORTAL_CALLBACK_JWT")
        now = datetime.now(UTC)
        self._hints.add(merged((event.esim, _hint(event, now)) for event in events))

    def lose_post(self, why: str) -> None:
        """Counts a post that could not be taken as one event: nobody knows how many were in it."""
        self.counts.lose(1, why)

    async def finish(self, seconds: float) -> None:
        """Tells what can be told in so many seconds."""
        await self._hints.finish(seconds)


def _address(secret: SecretStr | None) -> bytes | None:
    return f"{PATH}{secret.get_secret_value()}".encode() if secret else None


def _hint(event: CallbackEvent, now: datetime) -> Hint:
    changes = []
    if event.profile:
        changes.append(EsimProfile(status=cast("ProfileStatus", event.profile), at=event.at or now))
    return Hint(is_news=event.is_news, changes=changes)


def router(callbacks: Callbacks) -> APIRouter:
    """Takes posts at an address with the secret in it: everything else, or everything without one, is not found."""
    routes = APIRouter()

    async def take(request: Request) -> Response:
        if not callbacks.is_address(request.url.path):
            audit.note("callback", "refused")
            raise HTTPException(404)
        is_signed = callbacks.is_signed(request.headers)
        task = BackgroundTask(callbacks.take, await request.body(), is_signed=is_signed)
        return Response(status_code=204, background=task)

    routes.add_route(PATH + "{secret}", take, methods=["POST"])
    return routes
