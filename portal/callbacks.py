"""Callbacks of SFT, posted when something happens to an eSIM: anybody may post them, so only endpoint ids are read."""

import hmac
import json
import logging
import re
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter
from pydantic import SecretStr
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from temporalio.service import RPCError

from contract.time_limits import SOON
from process import audit
from seller.client import SellerClient
from seller.errors import SellerError

Fate = Literal["told", "spared", "unknown", "nameless", "lost"]
"""What became of an event: its subscription was told to look; was told within the last minute, which is enough; there
is none that lives; the event names no endpoint; or Temporal could not be asked."""

NAME: Final = "endpointid"
ENDPOINT_ID: Final = re.compile("[A-Za-z0-9._-]{1,64}")

MOST_NAMED: Final = 20
"""Endpoints of one post that are told."""

MOST_AT_ONCE: Final = 50
"""Posts that are seen to at the same time: they wait for Temporal, and must not pile up while it is away."""

MOST_KEPT: Final = 10_000

WORDS: Final[dict[Fate, str]] = {
    "unknown": "Events of SFT's are dropped: no eSIM of ours has their endpoint (%d of one post)",
    "nameless": "Events of SFT's are dropped: they name no endpoint (%d post)",
    "lost": "Events of SFT's are dropped: Temporal cannot be asked for their eSIMs just now (%d of one post)",
}

logger = logging.getLogger("portal")


class Callbacks:
    """Signals subscriptions to look soon, each once a minute at most, and counts what came since the portal started."""

    def __init__(self, seller: SellerClient) -> None:
        self.counts: Counter[Fate] = Counter()
        self._seller = seller
        self._under_way = 0
        self._signalled: OrderedDict[str, float] = OrderedDict()

    async def take(self, body: bytes) -> None:
        """Sees to one post."""
        if self._under_way >= MOST_AT_ONCE:
            self._count("lost")
            return
        self._under_way += 1
        try:
            endpoint_ids = endpoints_in(body)
            if not endpoint_ids:
                self._count("nameless")
            for fate, number in Counter([await self._signal(one) for one in endpoint_ids]).items():
                self._count(fate, number)
        finally:
            self._under_way -= 1

    async def _signal(self, endpoint_id: str) -> Fate:
        now = time.monotonic()
        if now - self._signalled.get(endpoint_id, -SOON.total_seconds()) < SOON.total_seconds():
            return "spared"
        self._signalled[endpoint_id] = now
        self._signalled.move_to_end(endpoint_id)
        if len(self._signalled) > MOST_KEPT:
            self._signalled.popitem(last=False)
        try:
            if await self._seller.subscriptions.look_soon(endpoint_id):
                return "told"
            fate: Fate = "unknown"
        except (SellerError, RPCError):
            fate = "lost"
        self._signalled.pop(endpoint_id, None)
        return fate

    def _count(self, fate: Fate, number: int = 1) -> None:
        """Counts events of one post, with one line about them however many they are."""
        self.counts[fate] += number
        if words := WORDS.get(fate):
            logger.info(words, number)
        if fate in ("unknown", "nameless"):
            audit.note("callback_event", "refused", why=fate, events=number)


def router(callbacks: Callbacks, secret: SecretStr | None) -> APIRouter:
    """Takes posts at an address with the secret in it: everything else, or everything without one, is not found."""
    routes = APIRouter()

    async def take(request: Request) -> Response:
        given = str(request.path_params["secret"]).encode()
        if secret is None or not hmac.compare_digest(given, secret.get_secret_value().encode()):
            audit.note("callback", "refused")
            raise HTTPException(404)
        return Response(status_code=204, background=BackgroundTask(callbacks.take, await request.body()))

    routes.add_route("/callbacks/sft/{secret}", take, methods=["POST"])
    return routes


def endpoints_in(body: bytes) -> list[str]:
    """The endpoint ids that are named anywhere in JSON or a form, each once, MOST_NAMED at most."""
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        content = _form(body)
    ids = [text for value in _named(content) if ENDPOINT_ID.fullmatch(text := str(value))]
    return list(dict.fromkeys(ids))[:MOST_NAMED]


def _form(body: bytes) -> object:
    try:
        return [{name: value} for name, value in parse_qsl(body.decode(), max_num_fields=200)]
    except ValueError:
        return None


def _named(content: object) -> Iterator[str | int]:
    """Text and numbers under ``endPointId``, however that is spelled."""
    left = deque([content])
    while left:
        match left.popleft():
            case dict() as fields:
                left += fields.values()
                for name, value in fields.items():
                    if re.sub("[_ -]", "", str(name)).lower() == NAME and type(value) in (str, int):
                        yield value
            case list() as items:
                left += items
