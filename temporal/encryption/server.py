"""The codec server: lets the Web UI and the ``temporal`` command show what is encrypted, to whoever has a token.

It speaks Temporal's remote codec protocol: ``POST …/encode`` and ``POST …/decode`` with ``{"payloads": [...]}``, a
``temporal.api.common.v1.Payloads`` in protobuf's JSON. The token comes as ``Authorization: Bearer <token>`` or, for a
Web UI that knows of none, as the first part of the path. So no path is ever logged.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

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

from process.server import site
from temporal.encryption.access import AccessTokens
from temporal.encryption.audit import note_call, note_refusal
from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.keys import KeyRing

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one request. A page of a history, which is what is sent at once, has at most 4 MB before base64."""

UNREADABLE: Final = 'The body is not {"payloads": [...]} with payloads of Temporal, in the JSON form of protobuf'

STARTS: Final = ("", "/{token}")

Converting = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def application(keys: KeyRing, tokens: AccessTokens, origins: Sequence[str]) -> ASGIApp:
    """The codec server, for Web UIs at these origins and for programs that have none."""
    codec = EncryptionCodec(keys)
    calls = [_Call("encode", codec.encode, tokens), _Call("decode", codec.decode, tokens)]
    return site(
        [Route(f"{start}/{call.name}", call.answer, methods=["POST"]) for call in calls for start in STARTS],
        middleware=[
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


class _Call:
    """Encode or decode."""

    def __init__(self, name: str, convert: Converting, tokens: AccessTokens) -> None:
        self.name = name
        self._convert = convert
        self._tokens = tokens

    async def answer(self, request: Request) -> Response:
        """The payloads of the request, each converted."""
        try:
            who = self._who(request)
            before = list(_read(await _body(request)).payloads)
            after = await self._convert(before)
            answer = MessageToJson(Payloads(payloads=after), indent=None)
        except HTTPException:
            raise
        except ClientDisconnect:
            raise HTTPException(400, "The caller went away") from None
        except Exception as error:  # a traceback could show what this server is there to hide
            raise HTTPException(500, f"{self.name} failed: {type(error).__name__}") from None
        note_call(self.name, who, request.headers.get("X-Namespace", "none"), before, after)
        return Response(answer, media_type="application/json")

    def _who(self, request: Request) -> str:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        token = request.path_params.get("token") or (bearer.strip() if scheme.lower() == "bearer" else "")
        if not token:
            raise HTTPException(401, "An access token is required: Authorization: Bearer <token>")
        who = self._tokens.name_of(token)
        if who is None:
            raise HTTPException(401, "This access token is nobody's")
        return who


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"More than {MOST_BYTES} bytes at once: send fewer payloads")
    return bytes(body)


def _read(body: bytes) -> Payloads:
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
