"""The portal's webhook: posts what happens to a subscription, one signed HTTP POST an event."""

import asyncio
import hmac
import logging
import time
from hashlib import sha256
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Final, Self

import httpx
from pydantic import SecretStr

from contract.event import Event
from sft.way_out import proxy_to, transport_to

SHORTEST_SECRET: Final = 16

_BODY_BYTES = 4096


class EventNotTaken(Exception):
    """The portal did not take an event; ``reason`` says why, with its host and no more of its URL."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Webhook:
    """Posts events to one URL, over one pool of connections. Sends each once: who calls it decides about repeats.

    Credentials in the URL become HTTP Basic authentication. Raises ValueError, which quotes neither, for a URL that is
    not ``http[s]://host…`` and for a secret of less than 16 characters; NoWayOut for a proxy that cannot be used.
    """

    def __init__(self, url: SecretStr, secret: SecretStr, *, timeout_seconds: float = 10) -> None:
        host = _host(url.get_secret_value())
        if host is None:
            raise ValueError(
                "the URL is not of the form https://host/path"
                " (percent-encode special characters in a user name and a password)"
            )
        if len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"the secret has less than {SHORTEST_SECRET} characters")
        proxy_to(url.get_secret_value())
        self._url = url
        self._host = host
        self._secret = secret
        self._timeout_seconds = timeout_seconds
        self._http: httpx.AsyncClient | None = None
        self._log_filter = _HostOnly(self._url, host)

    @property
    def host(self) -> str:
        """Whom it posts to."""
        return self._host

    async def post(self, event: Event) -> None:
        """Posts one event, within the time limit. Raises EventNotTaken unless the answer's status is 2xx."""
        failure = await self._attempt(event)
        # Out here, so that the error that holds the URL is not its context.
        if failure is not None:
            raise failure

    async def aclose(self) -> None:
        """Closes every connection; nothing can be posted any more."""
        if self._http is not None:
            await self._http.aclose()
            logging.getLogger("httpx").removeFilter(self._log_filter)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            logging.getLogger("httpx").addFilter(self._log_filter)
            self._http = httpx.AsyncClient(
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                follow_redirects=False,
                # A proxy of the environment is how a data centre reaches the world; none leads back to this machine.
                transport=transport_to(self._url.get_secret_value()),
            )
        return self._http

    async def _attempt(self, event: Event) -> EventNotTaken | asyncio.CancelledError | None:
        """Why the event was not taken; None if it was."""
        body = event.model_dump_json().encode()
        status = None
        try:
            # httpx limits each read, not their sum.
            async with asyncio.timeout(self._timeout_seconds):
                async with self._client().stream(
                    "POST", self._url.get_secret_value(), content=body, headers=self._headers(event, body), timeout=None
                ) as response:
                    status = response.status_code
                    await _read_a_little(response)
        except asyncio.CancelledError as error:
            return asyncio.CancelledError(*error.args)
        except Exception as error:
            # The status has come: what the rest of the answer does changes nothing.
            if status is None:
                return EventNotTaken(self._no_answer(error))
        taken = status is not None and 200 <= status <= 299
        return None if taken else EventNotTaken(f"{self._host} answered {status}")

    def _headers(self, event: Event, body: bytes) -> dict[str, str]:
        timestamp = int(time.time())
        return {
            "Content-Type": "application/json",
            "X-Esim-Event": event.type,
            "X-Esim-Event-Id": event.event_id,
            "X-Esim-Timestamp": str(timestamp),
            "X-Esim-Signature": f"v1={signature(self._secret, timestamp, body)}",
        }

    def _no_answer(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"{self._host} did not answer within {self._timeout_seconds:g} seconds"
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return f"the certificate of {self._host} is not trusted"
        if isinstance(error, httpx.ConnectError | httpx.ProxyError):
            return f"{self._host} cannot be reached ({type(error).__name__})"
        return f"the connection to {self._host} broke before an answer came ({type(error).__name__})"


def signature(secret: SecretStr, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over ``<timestamp>.`` and the body, in hex: the timestamp is signed, so an old post can be told."""
    return hmac.new(secret.get_secret_value().encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()


def _host(url: str) -> str | None:
    # An unescaped "#" in a password would make the user name the host.
    if "#" in url:
        return None
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    return parts.host if parts.scheme in ("http", "https") and parts.host else None


async def _read_a_little(response: httpx.Response) -> None:
    """Reads a short answer to its end, so that its connection can be used again; leaves a long one unread."""
    read = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > _BODY_BYTES:
            return


class _HostOnly(logging.Filter):
    """httpx logs whole URLs, and this one may hold credentials anywhere."""

    def __init__(self, url: SecretStr, host: str) -> None:
        super().__init__()
        self._url = httpx.URL(url.get_secret_value())
        self._host = host

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._shown(argument) for argument in record.args)
        return True

    def _shown(self, argument: object) -> object:
        return self._host if isinstance(argument, httpx.URL) and argument == self._url else argument
