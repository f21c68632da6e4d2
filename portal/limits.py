"""How much anybody may send, and how often: an answer of 408, 413 or 429 beyond that."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from process import audit
from process.caller import network_of
from process.requests import LIVE

LARGEST_BODY: Final = 64 * 1024
BODY_SECONDS: Final = 20.0
"""From the head of a request to the end of its body: who sends it a byte at a time holds nothing for longer."""

MOST_KEPT: Final = 10_000
"""Senders that are remembered. Who is forgotten begins anew, with a full bucket."""

Refusal = Callable[[Request, int, str], Response]
"""An answer of this status with this sentence, in whatever shape who asks can read."""


@dataclass(frozen=True)
class Rate:
    """So many requests at once, and so many a second after that."""

    burst: float
    per_second: float


ADDRESS: Final = Rate(burst=600, per_second=60)
"""Of one address, behind which there may be many travelers."""

CALLER: Final = Rate(burst=200, per_second=20)
"""Of one browser or one API key."""


class Buckets:
    """A bucket of tokens for each sender: a request takes one, time brings them back."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, sender: str) -> float:
        """Takes a token; 0, or if there is none, after how many seconds there is one again."""
        now = self._clock()
        tokens, then = self._kept.pop(sender, (self._rate.burst, now))
        tokens = min(self._rate.burst, tokens + (now - then) * self._rate.per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate.per_second
        self._kept[sender] = (tokens if wait else tokens - 1, now)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return wait


class Limits:
    """Lets through what is within the limits; ``refuse`` makes the answer to the rest.

    ``largest`` is how much a path that only somebody known can name takes: it has no limit to how often.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        refuse: Refusal,
        address: Rate = ADDRESS,
        caller: Rate = CALLER,
        largest: Callable[[str], int | None] = lambda _path: None,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._addresses = Buckets(address)
        self._callers = Buckets(caller)
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] == LIVE:  # answered whatever else is asked from where it comes
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        more = self._largest(scope["path"])
        largest = more or LARGEST_BODY
        if not more and (wait := self._wait(request)):
            audit.note("request", "throttled")
            refusal = self._refuse(request, 429, "That was too much at once: please wait a moment, then try again.")
            refusal.headers["Retry-After"] = str(math.ceil(wait))
            await refusal(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request, receive, largest)
        except _TooLarge:
            refusal = self._refuse(request, 413, f"That is too large: at most {largest} bytes can be sent.")
        except TimeoutError:
            refusal = self._refuse(request, 408, "That came too slowly: please try again.")
        else:
            if not body or body[-1]["type"] != "http.disconnect":  # else who sent it is gone
                await self._app(scope, _replayed(body, receive), send)
            return
        audit.note("request", "refused", status=refusal.status_code)
        refusal.headers["Connection"] = "close"  # what is still to come is not read
        await refusal(scope, receive, send)

    def _wait(self, request: Request) -> float:
        caller = request.headers.get("authorization") or request.headers.get("cookie")
        # An address alone bounds who makes up another key or cookie each time.
        wait = self._addresses.wait(network(request))
        return max(wait, self._callers.wait(sha256(caller.encode()).hexdigest())) if caller else wait


def network(request: Request) -> str:
    """Where a request comes from: one IPv6 customer has a /64, and all the addresses in it."""
    return network_of(request.client.host if request.client else "")


class _TooLarge(Exception):
    """More than may be sent."""


async def _body(request: Request, receive: Receive, largest: int) -> list[Message]:
    """What was sent, read to its end."""
    headers = request.headers
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return []
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > largest:
        raise _TooLarge
    messages: list[Message] = []
    read = 0
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
        read += len(messages[-1].get("body", b""))
        if read > largest:
            raise _TooLarge
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replay() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replay
