"""A cookie that only this portal can have written."""

from collections.abc import Sequence
from typing import Final

from itsdangerous import BadData, SignatureExpired
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from portal.signing import signed, signer
from process import audit

LIFE_SECONDS: Final = 400 * 86_400
"""The longest that browsers keep a cookie."""


class SignedCookie:
    """Text under a name: signed, so that nobody else can write it, but not encrypted.

    No script can read it and no other site's form sends it; with ``https`` it never travels in the clear either.
    """

    def __init__(
        self,
        name: str,
        secrets: Sequence[SecretStr],
        *,
        https: bool,
        prefix: str | None = None,
        seconds: int = LIFE_SECONDS,
    ) -> None:
        # A browser takes a cookie of this prefix from this host alone, not from a neighbour under the same domain; and
        # only for all of its paths: what tells it from that of a shop at another path there is its name.
        below = f"{prefix.strip('/').replace('/', '-')}-" if prefix else ""
        self.name = f"__Host-{below}{name}" if https else name
        self._path = "/" if https else prefix or "/"
        self._https = https
        self._seconds = seconds
        self._signer = signer(secrets, f"cookie {name}")

    def shown(self, request: Request) -> str:
        """What the browser has under this name, whoever wrote it; empty if it has nothing."""
        return request.cookies.get(self.name, "")

    def read(self, request: Request) -> str | None:
        """What it says; None if there is none, or none of ours, or one that is too old."""
        try:
            text = signed(self._signer, self.shown(request), self._seconds)
        except SignatureExpired:
            return None
        except BadData:
            if self.shown(request):
                audit.note("cookie", "refused", cookie=self.name)
            return None
        return text if isinstance(text, str) else None

    def write(self, response: Response, text: str) -> None:
        """Sends it along with a response."""
        response.set_cookie(
            self.name,
            str(self._signer.dumps(text)),
            self._seconds,
            path=self._path,
            secure=self._https,
            httponly=True,
            samesite="lax",
        )

    def delete(self, response: Response) -> None:
        """Has the browser forget it."""
        response.delete_cookie(self.name, self._path, secure=self._https, httponly=True, samesite="lax")
