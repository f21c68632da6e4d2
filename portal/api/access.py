"""Who may call: portals that show a key."""

import logging
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.api.problems import answer
from portal.keys import ApiKeys, KeysProblem

OPEN: Final = ("/openapi.json",)

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
        elif refusal := self._refusal(Headers(scope=scope)):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return answer("Unauthorized", "A key is needed, as in: Authorization: Bearer esim_…")
        try:
            name = self._keys.name_of(key.strip())
        except KeysProblem as problem:
            logger.error("%s", problem)
            return answer("Unavailable", "The keys can not be read: the operator has to look after that")
        return None if name else answer("Unauthorized", "This key is not valid, or not any more")
