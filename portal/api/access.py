"""Who may call: portals that show a key."""

import logging
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.api.problems import answer
from portal.keys import ApiKey, ApiKeys, KeysProblem
from process import audit

OPEN: Final = ("/openapi.json",)
READING: Final = ("GET", "HEAD")

IN_LOG: Final = ("purchase_id", "endpoint_id")

logger = logging.getLogger("portal.api")


class Access:
    """Lets calls with a key through, before anything of them is read, and refuses the rest."""

    def __init__(self, app: ASGIApp, keys: ApiKeys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"].removeprefix(scope.get("root_path", "")) in OPEN:
            await self._app(scope, receive, send)
            return
        key = self._key_in(Headers(scope=scope))
        if isinstance(key, JSONResponse):
            audit.note("api_key", "refused", status=key.status_code)
            await key(scope, receive, send)
            return
        audit.calling(api_key=key.name)
        if key.read_only and scope["method"] not in READING:
            refusal = answer("Forbidden", f"The key {key.name} may read only")
            audit.note("api_key", "refused", status=refusal.status_code)
            await refusal(scope, receive, send)
            return
        scope["state"] = {**scope.get("state", {}), "api_key": key}
        await self._app(scope, receive, send if scope["method"] in READING else _logged(key.name, scope, send))

    def _key_in(self, headers: Headers) -> ApiKey | JSONResponse:
        """The key that is shown, or the refusal."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return answer("Unauthorized", "A key is needed, as in: Authorization: Bearer esim_…")
        try:
            known = self._keys.known(key.strip())
        except KeysProblem as problem:
            logger.error("%s", problem)
            return answer("Unavailable", "The keys cannot be read: the operator has to look after that")
        return known or answer("Unauthorized", "This key is not valid, or not any more")


def _logged(name: str, scope: Scope, send: Send) -> Send:
    """Says in the log who ordered what. The path is as it was sent: nothing in it can begin a line of its own."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            ids = _ids(scope, message["status"])
            about = "".join(f" {name}={ids[name]}" for name in IN_LOG if name in ids)
            logger.info(
                "key=%s %s %s %d%s", name, scope["method"], scope["raw_path"].decode(), message["status"], about
            )
            _note_order(scope, message["status"], ids)
        await send(message)

    return sent


def _ids(scope: Scope, status: int) -> dict[str, str]:
    """What an order is about: by its body, and by its path if it was taken, for what was refused may hold anything."""
    in_path = scope.get("path_params", {}) if status < HTTPStatus.BAD_REQUEST else {}
    return {**in_path, **scope["state"].get("about", {})}


def _note_order(scope: Scope, status: int, ids: dict[str, str]) -> None:
    """Leaves a line about an order."""
    audit.note(
        "order",
        "done" if status < HTTPStatus.BAD_REQUEST else "refused",
        order=getattr(scope.get("route"), "name", None),
        **ids,
        status=status,
    )
