"""Keeps pages of other origins, open in a browser on this machine, from calling the simulator."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REFUSED: Final = "A browser may call the simulator from a page of its own only, and by an address of this machine"


class OwnOrigin:
    """Answers 403 to what a page of another origin sends, or one whose name was made to lead here (DNS rebinding)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or _is_own(Headers(scope=scope)):
            await self._app(scope, receive, send)
        else:
            await JSONResponse({"error": REFUSED}, 403)(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    host = headers.get("host", "")
    return (
        _is_here(host)
        and headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        and headers.get("origin", f"http://{host}") == f"http://{host}"
    )


def _is_here(host: str) -> bool:
    """Whether that is an address, or a name that no stranger can make lead here: one of a single word."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return True
