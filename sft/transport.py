"""One HTTP exchange with SFT. When it fails, the error tells whether the request may have gone out."""

import asyncio
import logging
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from aiohttp.http_exceptions import ContentEncodingError
from pydantic import JsonValue, SecretStr
from pydantic_core import to_json

from sft.assumptions import KEEPALIVE_SECONDS
from sft.errors import Malformed, NotSent, SftError, Unanswered
from sft.exchange import Exchange, Recorder, unrecorded

HEADERS: Final = {"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"}
"""On every call (documentation, observed client behaviour)."""

CONNECT_SECONDS: Final = 10.0
"""The longest wait for a connection: for a free one, for TCP and for TLS together. An SFT that is there needs less."""

CONNECTIONS: Final = 100
"""How many a client has, and keeps, if it is not told otherwise: a call that finds none free is not sent."""

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

LONGEST_HEADER: Final = 65_536
"""In bytes, of an answer."""

BEFORE_SENDING: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""aiohttp raises these before the first byte of a request goes out, and never after: while it waits for a connection,
makes one, or has a proxy make one."""

logger = logging.getLogger("sft")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: ``name`` is its path, ``slow`` marks those that SFT itself gives 180 s (documentation)."""

    name: str
    method: Literal["GET", "POST", "PATCH"] = "POST"
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: JsonValue = field(default=None, repr=False)
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it is. ``retry_after`` is in seconds."""

    status: int
    text: str = field(repr=False)
    retry_after: float | None = None


class Transport:
    """One pool of connections to SFT. Time-outs are in seconds and count from when the request goes out."""

    def __init__(
        self,
        base_url: str,
        timeout_seconds: float,
        slow_timeout_seconds: float,
        recorder: Recorder = unrecorded,
        connections: int = CONNECTIONS,
    ) -> None:
        url = urlsplit(base_url)
        if url.username or url.password:
            raise ValueError("The base URL must not carry credentials: URLs are logged.")
        self._base_url = base_url.rstrip("/")
        self._proxy = _proxy_to(url)
        self._timeout_seconds = timeout_seconds
        self._slow_timeout_seconds = slow_timeout_seconds
        self._recorder = recorder
        self._connections = connections
        self._http: aiohttp.ClientSession | None = None
        self._is_closed = False

    @property
    def longest_call_seconds(self) -> float:
        """After so long, a call that is not a slow one has ended."""
        return 3 * min(CONNECT_SECONDS, self._timeout_seconds) + self._timeout_seconds

    async def exchange(self, call: Call, bearer: SecretStr | None) -> Answer:
        """Send ``call`` once. Raises NotSent, Unanswered or Malformed if no answer comes."""
        # Raised out here: further in, aiohttp's error, with the request and its token, would be its context.
        began = time.monotonic()
        outcome = await self._attempt(call, bearer)
        exchange = _exchange(call, outcome, time.monotonic() - began)
        logger.debug("%s %s: %s", call.method, call.name, exchange.status or exchange.failure)
        self._recorder(exchange)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def _attempt(self, call: Call, bearer: SecretStr | None) -> Answer | SftError | asyncio.CancelledError:
        if self._is_closed:
            return NotSent(call.name, "the client has been closed")
        limit = self._slow_timeout_seconds if call.slow else self._timeout_seconds
        before = min(CONNECT_SECONDS, limit)
        try:
            # aiohttp limits each read, and no write: an answer that trickles in would have no limit.
            async with asyncio.timeout(3 * before + limit):
                return await self._request(call, bearer, before, limit)
        except BEFORE_SENDING as error:
            return NotSent(call.name, f"no connection to SFT ({type(error).__name__}) {_words(error)}".strip())
        except TimeoutError:
            return Unanswered(call.name, f"no answer within {limit:g} seconds")
        except asyncio.CancelledError as error:
            return asyncio.CancelledError(*error.args)
        except Exception as error:
            # Not only aiohttp's own: a TLS connection that breaks after the handshake raises ssl.SSLError.
            broken = error.__cause__ if isinstance(error, _Broken) else error
            if isinstance(broken, aiohttp.ClientPayloadError) and isinstance(broken.__cause__, ContentEncodingError):
                return Malformed(call.name, "body")
            how = type((broken and broken.__cause__) or broken).__name__
            return Unanswered(call.name, f"the connection broke before an answer came ({how})")

    async def _request(self, call: Call, bearer: SecretStr | None, before: float, limit: float) -> Answer:
        async with self._opened().request(
            call.method,
            f"{self._base_url}/{call.name}",
            params=call.params,
            data=None if call.body is None else to_json(call.body),
            headers={"X-Authorization": f"Bearer {bearer.get_secret_value()}"} if bearer else None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(connect=before, sock_read=limit, ceil_threshold=math.inf),
        ) as response:
            text = (await response.read()).decode(errors="replace")
            return Answer(response.status, text, retry_after_seconds(response.headers))

    def _opened(self) -> aiohttp.ClientSession:
        """Made with the first call: only then is there surely an event loop."""
        if self._http is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                keepalive_timeout=KEEPALIVE_SECONDS,
                # Trusts whom httpx trusts, which calls everybody else.
                ssl=httpx.create_ssl_context(),
            )
            self._http = aiohttp.ClientSession(
                connector=connector,
                headers=HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=[_once],
                proxy=self._proxy,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
            )
        return self._http

    async def aclose(self) -> None:
        """Close every connection."""
        self._is_closed = True
        if self._http:
            await self._http.close()


class _Broken(Exception):
    """A connection that broke when the request may have been sent; the cause says how."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a GET again by itself, which it does after the errors that are replaced here."""
    try:
        return await handler(request)
    except BEFORE_SENDING:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Broken from error


def _proxy_to(url: SplitResult) -> str | None:
    """The proxy of the environment on the way there. An SFT on this machine is a simulator: none leads there."""
    host = url.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _words(error: Exception) -> str:
    """What aiohttp says of it, but for URLs: what is asked for stands in them."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return str(error.status)
    return str(error) if isinstance(error, aiohttp.ClientConnectorError) else ""


def _exchange(call: Call, outcome: Answer | BaseException, seconds: float) -> Exchange:
    sent = Exchange(call=call.name, method=call.method, query=call.params, body=call.body, seconds=seconds)
    if not isinstance(outcome, Answer):
        return replace(sent, failure=type(outcome).__name__)
    return replace(sent, status=outcome.status, answer=outcome.text, retry_after=outcome.retry_after)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """What a Retry-After header asks for, a number or an HTTP date, in seconds from now; None without one."""
    written = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", written):
        seconds = float(written)
        return seconds if math.isfinite(seconds) else None
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
