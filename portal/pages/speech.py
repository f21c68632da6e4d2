"""Which language a page is shown in, and the times of which zone: what the browser asks for, unless its user chose."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from languages.language import Language, accepted_language, known_language
from languages.speaking import speak
from languages.zone import zone_of
from portal.cookie import LIFE_SECONDS

CHOSEN: Final = "language"
"""The parameter of an address that chooses by hand, and the cookie that remembers that: it holds nothing else."""

ZONE: Final = "timezone"
"""The cookie in which the page's script puts the time zone of the device."""


def listen(request: Request) -> None:
    """From here on, speaks to who asks this as they want."""
    speak(_language(request), zone_of(request.cookies.get(ZONE)))


def remember(request: Request, response: Response, *, https: bool, path: str) -> None:
    """Has the browser remember what was chosen with this request, if anything was."""
    if chosen := known_language(request.query_params.get(CHOSEN, "")):
        response.set_cookie(CHOSEN, chosen.code, LIFE_SECONDS, path=path, secure=https, httponly=True, samesite="lax")


def choosing(kept: Mapping[str, object], code: str) -> str:
    """Where a page is shown in another language, relative to its own address; with what else has to be kept of that."""
    return "?" + urlencode({**kept, CHOSEN: code})


def _language(request: Request) -> Language:
    for chosen in (request.query_params.get(CHOSEN, ""), request.cookies.get(CHOSEN, "")):
        if language := known_language(chosen):
            return language
    return accepted_language(request.headers.get("accept-language", ""))
