"""Who the traveler is: the one thing that a seller replaces by the login of their own portal."""

import re
import secrets
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contract.ids import TravelerId
from portal.cookie import SignedCookie
from portal.settings import PortalServerSettings

TRAVELER_ID: Final[TypeAdapter[str]] = TypeAdapter(TravelerId)


class Unrecognised(Exception):
    """Somebody was here before, but the cookie that says who cannot be verified. It is kept: it may be again."""

    def __init__(self, cookie: SignedCookie) -> None:
        super().__init__(cookie.name)
        self.cookie = cookie


class Identity(Protocol):
    """Asked once for every request of a page, before anything is shown or done."""

    async def traveler_of(self, request: Request) -> str | None:
        """The traveler_id (see contract/ids.py) of who asks; None if nobody has signed in, who is shown nothing.

        Raises Unrecognised for who may have come before, where a cookie cannot be verified.
        """
        ...

    def remember(self, response: Response, traveler_id: str) -> None:
        """Called with every answer to a traveler, to set cookies on it."""
        ...


class Visitors:
    """The demo's: every new visitor is a traveler, and stays the same one for as long as the browser keeps a cookie."""

    def __init__(self, settings: PortalServerSettings) -> None:
        https, prefix = settings.portal_https, settings.portal_prefix
        self._cookie = SignedCookie("traveler", settings.portal_secrets(), https=https, prefix=prefix)

    async def traveler_of(self, request: Request) -> str | None:
        """Who came before, or somebody new."""
        traveler_id = self._cookie.read(request)
        if traveler_id is None and self._cookie.shown(request):
            raise Unrecognised(self._cookie)
        return traveler_id or f"W-{secrets.token_hex(16)}"

    def remember(self, response: Response, traveler_id: str) -> None:
        """Writes the cookie anew, which makes it last from now."""
        self._cookie.write(response, traveler_id)


def misfit(traveler_id: str) -> str | None:
    """Why this cannot be a traveler_id, which is not repeated: it may be an e-mail address. None if it can."""
    try:
        TRAVELER_ID.validate_python(traveler_id)
    except ValidationError:
        strange = next((letter for letter in str(traveler_id) if not re.match("[A-Za-z0-9._-]", letter)), None)
        what = f"the first that it cannot have is {strange!r}" if strange else "it may have 1 to 64"
        return f"a {type(traveler_id).__name__} of {len(str(traveler_id))} characters, {what}"
    return None
