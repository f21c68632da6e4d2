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
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, Literal

import httpx
from pydantic import JsonValue, SecretStr

from sft.assumptions import KEEPALIVE_SECONDS
from sft.errors import Malformed, NotSent, SftError, Unanswered
from sft.exchange import Exchange, Recorder, unrecorded
from sft.way_out import transport_to

HEADERS: Final = {"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"}
"""On every call (documentation, observed client behaviour)."""

CONNECT_SECONDS: Final = 10.0
"""The longest wait for a free connection, for TCP and for TLS, each: an SFT that is there needs far less."""

CONNECTIONS: Final = 100
"""How many a client has, and keeps, if it is not told otherwise: a call that finds none free is not sent."""

# httpx raises these before the first byte of a request goes out, and never after.
BEFORE_SENDING: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


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
        if httpx.URL(base_url).userinfo:
            raise ValueError("The base URL must not carry credentials: URLs are logged.")
        self._timeout_seconds = timeout_seconds
        self._slow_timeout_seconds = slow_timeout_seconds
        self._recorder = recorder
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers=HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            transport=transport_to(
                base_url,
                httpx.Limits(
                    max_connections=connections,
                    max_keepalive_connections=connections,
                    keepalive_expiry=KEEPALIVE_SECONDS,
                ),
            ),
        )
        keep_headers_out_of_logs()

    @property
    def longest_call_seconds(self) -> float:
        """After so long, a call that is not a slow one has ended."""
        return 3 * min(CONNECT_SECONDS, self._timeout_seconds) + self._timeout_seconds

    async def exchange(self, call: Call, bearer: SecretStr | None) -> Answer:
        """Send ``call`` once. Raises NotSent, Unanswered or Malformed if no answer comes."""
        # Raised out here: further in, httpx's error, with the request and its token, would be its context.
        began = time.monotonic()
        outcome = await self._attempt(call, bearer)
        self._recorder(_exchange(call, outcome, time.monotonic() - began))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def _attempt(self, call: Call, bearer: SecretStr | None) -> Answer | SftError | asyncio.CancelledError:
        if self._http.is_closed:
            return NotSent(call.name, "the client has been closed")
        limit = self._slow_timeout_seconds if call.slow else self._timeout_seconds
        before = min(CONNECT_SECONDS, limit)
        try:
            # httpx limits each read, not their sum: an answer that trickles in would have no limit.
            async with asyncio.timeout(3 * before + limit):
                response = await self._http.request(
                    call.method,
                    call.name,
                    params=call.params,
                    json=call.body,
                    headers={"X-Authorization": f"Bearer {bearer.get_secret_value()}"} if bearer else {},
                    timeout=httpx.Timeout(limit, connect=before, pool=before),
                )
        except BEFORE_SENDING as error:
            return NotSent(call.name, f"no connection to SFT ({type(error).__name__}) {error}".strip())
        except httpx.DecodingError:
            return Malformed(call.name, "body")
        except (httpx.TimeoutException, TimeoutError):
            return Unanswered(call.name, f"no answer within {limit:g} seconds")
        except asyncio.CancelledError as error:
            return asyncio.CancelledError(*error.args)
        except Exception as error:
            # Not only httpx's own: a TLS connection that breaks after the handshake raises ssl.SSLError.
            return Unanswered(call.name, f"the connection broke before an answer came ({type(error).__name__})")
        text = response.content.decode(errors="replace")
        return Answer(response.status_code, text, retry_after_seconds(response.headers))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


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


class _EventNameOnly(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition(" ")[0], ()
        return True


_EVENT_NAME_ONLY: Final = _EventNameOnly()


def keep_headers_out_of_logs() -> None:
    """Cut httpcore's debug messages down to the event's name: what follows it may be headers."""
    # A filter on the logger "httpcore" would not see what its children log.
    for child in ("connection", "http11", "http2", "proxy", "socks"):
        logging.getLogger(f"httpcore.{child}").addFilter(_EVENT_NAME_ONLY)
