"""The codec server: lets the Web UI and the ``temporal`` command show what is encrypted, to whoever has a token.

It speaks Temporal's remote codec protocol: ``POST …/decode``, and where asked for ``POST …/encode``, with a body of
``{"payloads": [...]}``, a ``temporal.api.common.v1.Payloads`` in protobuf's JSON. What is to be encoded comes with a
header that says for which workflow. The token comes as ``Authorization: Bearer <token>`` or, for a Web UI that knows of
none, as the first part of the path. So no path is ever logged.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from google.protobuf.json_format import Error, MessageToJson, Parse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import WorkflowSerializationContext

from process.requests import LIVE, Counted
from process.server import site
from temporal.encryption.access import AccessTokens
from temporal.encryption.audit import note_call, note_refusal
from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.keys import KeyRing
from temporal.encryption.own_user import OWN_USER, is_of_this_user

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of one request. A page of a history, which is what is sent at once, has at most 4 MB before base64."""

MOST_PAYLOADS: Final = 5000
"""Of one request. Each takes protobuf's JSON some 30 µs each way, however little is in it: a million take a minute, and
a gigabyte."""

MOST_MARKS: Final = 20 * MOST_PAYLOADS
"""Of braces, brackets, colons and commas, which are all that makes JSON dear: the rest of a payload is text."""

MOST_OF_ONE: Final = 16
"""Requests of one token at the same time. A browser makes six."""

MOST_AT_ONCE: Final = 2
"""Requests that are worked on at the same time, beside the event loop: it goes on answering meanwhile."""

UNREADABLE: Final = 'The body is not {"payloads": [...]} with payloads of Temporal, in the JSON form of protobuf'

TOO_MANY: Final = f"More than {MOST_PAYLOADS} payloads at once: send fewer"

MARKS: Final = (b"{", b"[", b":", b",")

STARTS: Final = ("", "/{token}")

FOR_WHICH_WORKFLOW: Final = (
    "Say for which workflow, in the headers X-Namespace and X-Workflow-Id (temporal --codec-header X-Workflow-Id=…)"
)

Converting = Callable[[Sequence[Payload], Headers], Coroutine[Any, Any, list[Payload]]]


def application(
    keys: KeyRing, tokens: AccessTokens, origins: Sequence[str], *, encodes: bool = False, own_user: bool = False
) -> ASGIApp:
    """The codec server, for Web UIs at these origins and for programs that have none. It decodes, and with ``encodes``
    encodes, too. With ``own_user``, a Web UI needs no token in a browser of the user that this process runs as."""
    codec = EncryptionCodec(keys)
    busy = Busy()

    async def encode(payloads: Sequence[Payload], headers: Headers) -> list[Payload]:
        if not payloads:  # of a query without input, for which the temporal command asks as well
            return []
        return await codec.with_context(_workflow_in(headers)).encode(payloads)

    async def decode(payloads: Sequence[Payload], _: Headers) -> list[Payload]:
        return await codec.decode(payloads)

    calls = [
        _Call("encode", encode if encodes else None, tokens, busy),
        _Call("decode", decode, tokens, busy, own_user=own_user),
    ]
    return site(
        [
            Route(LIVE, _alive),
            *(Route(f"{start}/{call.name}", call.answer, methods=["POST"]) for call in calls for start in STARTS),
        ],
        middleware=[
            Middleware(Counted),
            Middleware(_KnownOrigins, origins=origins),
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["POST"],
                allow_headers=["authorization", "content-type", "x-namespace"],
                allow_private_network=True,
            ),
        ],
        exception_handlers={HTTPException: _refused},
    )


async def _alive(request: Request) -> Response:
    """For whoever starts it again where it does not answer: it needs no token, and says nothing else."""
    return PlainTextResponse("alive")


class Busy:
    """What is under way: no more of one token than a share, and no more at work than there are cores to spare."""

    def __init__(self) -> None:
        self._at_work = asyncio.Semaphore(MOST_AT_ONCE)
        self._of: Counter[str] = Counter()

    @contextmanager
    def share(self, who: str) -> Iterator[None]:
        """Counts a request of whoever that is. Raises HTTPException, 429, if they have too many."""
        if self._of[who] >= MOST_OF_ONE:
            raise HTTPException(429, f"More than {MOST_OF_ONE} requests at once", {"Retry-After": "1"})
        self._of[who] += 1
        try:
            yield
        finally:
            self._of[who] -= 1

    async def converted(
        self, body: bytes, headers: Headers, convert: Converting
    ) -> tuple[list[Payload], list[Payload], str]:
        """What was sent, what it became, and that as JSON: worked out in a thread of its own."""
        async with self._at_work:
            return await asyncio.to_thread(_converted, body, headers, convert)


class _Call:
    """Encode or decode; what is not done at all is refused."""

    def __init__(
        self, name: str, convert: Converting | None, tokens: AccessTokens, busy: Busy, *, own_user: bool = False
    ) -> None:
        self.name = name
        self._convert = convert
        self._tokens = tokens
        self._busy = busy
        self._own_user = own_user

    async def answer(self, request: Request) -> Response:
        """The payloads of the request, each converted."""
        try:
            who = await self._who(request)
            if self._convert is None:
                raise HTTPException(403, f"This server does not {self.name}: CODEC_SERVER_ENCODE is not set")
            with self._busy.share(who):
                body = await _body(request)
                before, after, answer = await self._busy.converted(body, request.headers, self._convert)
        except HTTPException:
            raise
        except ClientDisconnect:
            raise HTTPException(400, "The caller went away") from None
        except Exception as error:  # a traceback could show what this server is there to hide
            raise HTTPException(500, f"{self.name} failed: {type(error).__name__}") from None
        note_call(self.name, who, request.headers.get("X-Namespace", "none"), before, after)
        return Response(answer, media_type="application/json")

    async def _who(self, request: Request) -> str:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = request.path_params.get("token") or (bearer.strip() if scheme.lower() == "bearer" else "")
        if not token:
            if self._own_user and "Origin" in request.headers and await is_of_this_user(request.scope):
                return OWN_USER
            raise HTTPException(401, "An access token is required: Authorization: Bearer <token>")
        who = self._tokens.name_of(token)
        if who is None:
            raise HTTPException(401, "This access token is nobody's")
        return who


def _converted(body: bytes, headers: Headers, convert: Converting) -> tuple[list[Payload], list[Payload], str]:
    before = list(_read(body).payloads)
    if len(before) > MOST_PAYLOADS:
        raise HTTPException(413, TOO_MANY)
    after = asyncio.run(convert(before, headers))
    return before, after, MessageToJson(Payloads(payloads=after), indent=None)


def _workflow_in(headers: Headers) -> WorkflowSerializationContext:
    """What is encrypted for no workflow is accepted by none."""
    namespace, workflow_id = headers.get("X-Namespace"), headers.get("X-Workflow-Id")
    if not namespace or not workflow_id:
        raise HTTPException(400, FOR_WHICH_WORKFLOW)
    return WorkflowSerializationContext(namespace, workflow_id)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"More than {MOST_BYTES} bytes at once: send fewer payloads")
    return bytes(body)


def _read(body: bytes) -> Payloads:
    if sum(map(body.count, MARKS)) > MOST_MARKS:
        raise HTTPException(413, TOO_MANY)
    try:
        return Parse(body, Payloads())
    except (Error, ValueError, RecursionError):  # their messages quote the body
        raise HTTPException(400, UNREADABLE) from None


class _KnownOrigins:
    """Refuses what a page of another origin sends, which CORS alone lets through and only keeps it from reading."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None or origin in self._origins:
            await self._app(scope, receive, send)
            return
        why = f"The Web UI at {origin[:100]!r} is not one of CODEC_SERVER_ORIGIN"
        answer = await _refused(Request(scope), HTTPException(403, why))
        await answer(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    note_refusal(error.status_code, error.detail, request.client.host if request.client else "nowhere")
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)
