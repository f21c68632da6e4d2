"""Who the traveler is: the one thing that a seller replaces by the login of their own portal."""

import secrets
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from portal.cookie import SignedCookie
from settings import PortalServerSettings


class Identity(Protocol):
    """Asked once for every request of a page, before anything is shown or done."""

    async def traveler_of(self, request: Request) -> str | None:
        """The traveler_id (see domain/ids.py) of who asks; None if nobody has signed in, who is shown nothing."""
        ...

    def remember(self, response: Response, traveler_id: str) -> None:
        """Called with every answer to a traveler, to set cookies on it."""
        ...


class Visitors:
    """The demo's: every new visitor is a traveler, and stays the same one for as long as the browser keeps a cookie."""

    def __init__(self, settings: PortalServerSettings) -> None:
        self._cookie = SignedCookie("traveler", settings.portal_secret, https=settings.portal_https)

    async def traveler_of(self, request: Request) -> str | None:
        """Who came before, or somebody new."""
        return self._cookie.read(request) or f"W-{secrets.token_hex(16)}"

    def remember(self, response: Response, traveler_id: str) -> None:
        """Writes the cookie anew, which makes it last from now."""
        self._cookie.write(response, traveler_id)
