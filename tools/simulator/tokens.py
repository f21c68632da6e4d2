"""Access and refresh tokens: shaped as JWTs, known by heart, expiring on the real clock."""

import base64
import itertools
import json
import secrets
import time

from pydantic import BaseModel, Field


class TokenPair(BaseModel):
    """What a login or a refresh hands out."""

    access: str = Field(repr=False)
    refresh: str = Field(repr=False)


class Tokens:
    """All tokens ever handed out. Access tokens live ``access_seconds``, refresh tokens until revoked."""

    def __init__(self, access_seconds: float) -> None:
        self._access_seconds = access_seconds
        self._deadlines: dict[str, float] = {}
        self._refresh: set[str] = set()
        self._serials = itertools.count(1)

    def issue(self) -> TokenPair:
        """A new pair. The earlier ones stay good: the account may be in use elsewhere (assumption)."""
        pair = TokenPair(access=self._token("access"), refresh=self._token("refresh"))
        self._deadlines[pair.access] = time.monotonic() + self._access_seconds
        self._refresh.add(pair.refresh)
        return pair

    def accepts(self, access: str) -> bool:
        """Whether the access token was handed out here and has not expired."""
        return time.monotonic() < self._deadlines.get(access, 0.0)

    def renew(self, refresh: str) -> TokenPair | None:
        """A new pair for a refresh token; None if that is unknown or revoked."""
        return self.issue() if refresh in self._refresh else None

    def expire_access(self) -> None:
        """Let every access token expire now."""
        self._deadlines.clear()

    def revoke_refresh(self) -> None:
        """Refuse every refresh token from now on, so that only a new login helps."""
        self._refresh.clear()

    def _token(self, kind: str) -> str:
        claims = {"jti": next(self._serials), "kind": kind, "exp": int(time.time() + self._access_seconds)}
        return ".".join((_encoded({"alg": "HS256", "typ": "JWT"}), _encoded(claims), secrets.token_urlsafe(32)))


def _encoded(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
