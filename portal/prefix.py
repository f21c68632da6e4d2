"""A portal below a path of a host that has other things too, as ``https://shop.example/esim``."""

from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_root: ContextVar[str] = ContextVar("root", default="")


def root() -> str:
    """What is before every path of ours, in what this request is answered with: empty, or as ``/esim``."""
    return _root.get()


class Prefix:
    """Takes the prefix from the path of a request, where the proxy in front has left it there, and puts it before where
    answers send to. Everything within knows no prefix, but for who writes links."""

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _root.set(self._prefix)
        path = scope["path"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            # In its place: what answers for a fault of ours is outside of every middleware, and looks at it, too.
            scope["path"] = path[len(self._prefix) :] or "/"
            raw = scope.get("raw_path") or b""
            scope["raw_path"] = raw[len(self._prefix) :] or b"/"

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                location = headers.get("location", "")
                if location.startswith("/") and not location.startswith("//"):
                    headers["location"] = f"{self._prefix}{location}"
            await send(message)

        await self._app(scope, receive, sent)
