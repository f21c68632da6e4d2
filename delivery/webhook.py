"""The portal's webhook: posts what happens to a subscription, one signed HTTP POST an event.

Signed as Standard Webhooks 1.0.0 says, so that the libraries that verify these verify ours.
"""

import asyncio
import logging
import re
import time
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Final, NamedTuple, Self

import httpx
from pydantic import SecretStr

from contract.event import Event
from delivery.webhook_secrets import WebhookSecrets
from sft.transport import retry_after_seconds
from sft.way_out import proxy_to, transport_to

GONE: Final = "{} answered 410: nothing is posted there any more until this worker is started again"

ANSWERED: Final = {
    401: "it knows neither our signature nor a login: see to PORTAL_WEBHOOK_SECRET on both sides and to the clocks",
    403: "it does not let us in: see to PORTAL_WEBHOOK_SECRET there and here, and to its firewall",
    404: "nobody takes events at that path of PORTAL_WEBHOOK_URL",
    405: "nobody takes events at that path of PORTAL_WEBHOOK_URL",
}
"""What an answer most likely means, where it is not the portal's to know."""

UNTRUSTED: Final = re.compile(r"certificate verify failed: (.+?) \(_ssl")

_BODY_BYTES = 4096

logger = logging.getLogger("worker")


class EventNotTaken(Exception):
    """The portal did not take an event; ``reason`` says why, with its host and no more of its URL. ``is_gone`` is
    whether it said (410) that it takes none any more; ``retry_after`` after how many seconds it wants it again, if it
    said so."""

    def __init__(self, reason: str, *, is_gone: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_gone = is_gone
        self.retry_after = retry_after


class _Answer(NamedTuple):
    """How the portal answered."""

    status: int
    retry_after: float | None
    """Seconds, if it asks for a pause."""


class Webhook:
    """Posts events to one URL, over one pool of connections. Sends each once: who calls it decides about repeats.

    Credentials in the URL become HTTP Basic authentication. Once it answered 410 it is not asked again by this process.
    Raises ValueError, which quotes neither, for a URL that is not ``http[s]://host…`` and for secrets that are none
    (WebhookSecrets); NoWayOut for a proxy that cannot be used.
    """

    def __init__(self, url: SecretStr, secrets: SecretStr, *, timeout_seconds: float = 10) -> None:
        host = _host(url.get_secret_value())
        if host is None:
            raise ValueError(
                "the URL is not of the form https://host/path"
                " (percent-encode special characters in a user name and a password)"
            )
        self._secrets = WebhookSecrets(secrets)
        proxy_to(url.get_secret_value())
        self.host = host
        """All of the URL that may be shown."""
        self._url = url
        self._is_gone = False
        self._timeout_seconds = timeout_seconds
        self._http: httpx.AsyncClient | None = None
        self._log_filter = _HostOnly(self._url, host)

    async def post(self, event: Event) -> int:
        """Posts one event, within the time limit, and returns the answer's status. Raises EventNotTaken unless that is
        2xx."""
        if self._is_gone:
            raise EventNotTaken(GONE.format(self.host), is_gone=True)
        answer = await self._attempt(event)
        # Out here, so that the error that holds the URL is not its context.
        if not isinstance(answer, _Answer):
            raise answer
        if answer.status == HTTPStatus.GONE:
            self._is_gone = True
            logger.error(GONE.format(self.host))
            raise EventNotTaken(GONE.format(self.host), is_gone=True)
        if not 200 <= answer.status <= 299:
            words = f"{self.host} answered {answer.status}{_meaning(answer.status)}"
            raise EventNotTaken(words, retry_after=answer.retry_after)
        return answer.status

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

    async def _attempt(self, event: Event) -> _Answer | EventNotTaken | asyncio.CancelledError:
        """What was answered; or why nothing was."""
        body = event.model_dump_json().encode()
        answer: _Answer | None = None  # until it has come
        try:
            # httpx limits each read, not their sum.
            async with asyncio.timeout(self._timeout_seconds):
                async with self._client().stream(
                    "POST", self._url.get_secret_value(), content=body, headers=self._headers(event, body), timeout=None
                ) as response:
                    answer = _Answer(response.status_code, retry_after_seconds(response.headers))
                    await _read_a_little(response)
        except asyncio.CancelledError as error:
            return asyncio.CancelledError(*error.args)
        except Exception as error:
            # The status has come: what the rest of the answer does changes nothing.
            if answer is None:
                return EventNotTaken(self._no_answer(error))
        return answer

    def _headers(self, event: Event, body: bytes) -> dict[str, str]:
        signed = self._secrets.headers(event.event_id, int(time.time()), body)
        return {"Content-Type": "application/json", **signed}

    def _no_answer(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"{self.host} did not answer within {self._timeout_seconds:g} seconds"
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            why = UNTRUSTED.search(str(error))
            return f"the certificate of {self.host} is not trusted" + (f" ({why[1]})" if why else "")
        if isinstance(error, httpx.ConnectError | httpx.ProxyError):
            return f"{self.host} cannot be reached ({type(error).__name__})"
        return f"the connection to {self.host} broke before an answer came ({type(error).__name__})"


def _meaning(status: int) -> str:
    if 300 <= status <= 399:
        return ": it sends elsewhere, which is not followed: PORTAL_WEBHOOK_URL has to be where it takes events"
    return f": {ANSWERED[status]}" if status in ANSWERED else ""


def _host(url: str) -> str | None:
    # An unescaped "#" in a password would make the user name the host.
    if "#" in url:
        return None
    try:
        parts = httpx.URL(url)
        host, port = parts.host, parts.port
    except (httpx.InvalidURL, UnicodeError):  # the second for a name that only looks like an encoded one
        return None
    if parts.scheme not in ("http", "https") or (port is not None and not 0 < port < 65536):
        return None
    return host or None


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
