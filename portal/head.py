"""HEAD, which asks for what GET would answer with, but for the body."""

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """Has a HEAD answered as a GET: FastAPI knows none by itself. The server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)
