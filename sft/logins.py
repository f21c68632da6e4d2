"""Logging in, but for a while after SFT has refused it: SFT blocks an account after too many refused logins (11044)."""

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from pydantic import JsonValue, SecretStr

from sft.codes import NOT_ENTERPRISE
from sft.errors import AccountBlocked, AuthenticationFailed
from sft.login_gate import LoginGate, LoginState, Refusal, refused_again

NOT_THERE: Final = ("404", "405")
"""What a server that has no login answers."""

NEW_TOKEN: Final = "new token"
"""In the place of a code: it was not the login that was refused, but the token that it brought."""

MOST_NEW_TOKENS_REFUSED: Final = 3
"""Access tokens that SFT hands out and refuses at once, in a row, before it is waited with the next login."""

OnLogin = Callable[[LoginState], None]
"""Told each time that it becomes known whether SFT takes the credentials."""

Pair = TypeVar("Pair")


@dataclass(frozen=True)
class Credentials:
    """Who logs in, and where."""

    base_url: str
    username: str
    password: SecretStr
    target_account_id: str | None

    def body(self) -> JsonValue:
        """What login takes (documentation, observed client behaviour)."""
        body: dict[str, JsonValue] = {"username": self.username, "password": self.password.get_secret_value()}
        if self.target_account_id is not None:
            body["targetAccountId"] = self.target_account_id
        return body

    @cached_property
    def account(self) -> str:
        """What these credentials are known by to whoever must not know them: other ones are known by something else.

        Slow on purpose, and cut short: who sees it cannot find the password by trying many.
        """
        known = "\n".join((self.base_url, self.username, self.target_account_id or "")).encode()
        return hashlib.scrypt(self.password.get_secret_value().encode(), salt=known, n=2**14, r=8, p=1, dklen=6).hex()


class LoginRefused(AuthenticationFailed):
    """SFT refused a login just now, with this code."""

    def __init__(self, call: str, code: str) -> None:
        super().__init__(call, words_for(code))
        self.args = (call, code)
        self.code = code


def words_for(code: str) -> str:
    """What a refused login is told as. Not SFT's description: it may quote the credentials."""
    if code == NOT_ENTERPRISE:
        return "SFT reports 'Authorisation Failure': use an Enterprise account"
    if code == NEW_TOKEN:
        return "SFT refuses access tokens that it has only just handed out"
    hint = "; is SFT's address right?" if code in NOT_THERE else ""
    return f"SFT refuses the credentials (code {code}{hint})"


class Logins:
    """Logs in for one client: one login at a time, none after a refusal until its pause is over, and then rarely."""

    def __init__(self, credentials: Credentials, gate: LoginGate, on_login: OnLogin, login_seconds: float) -> None:
        self._credentials = credentials
        self._gate = gate
        self._on_login = on_login
        self._login_seconds = login_seconds
        self._refusal: Refusal | None = None
        self._until = 0.0
        self._new_tokens_refused = 0

    async def attempt(self, log_in: Callable[[], Awaitable[Pair]]) -> Pair:
        """What ``log_in`` returns.

        Raises AuthenticationFailed, or AccountBlocked, if SFT refuses the credentials now or did so lately; NotSent if
        it cannot be told whether it did; and what else ``log_in`` raises.
        """
        self._raise_if_remembered()
        account = await asyncio.to_thread(lambda: self._credentials.account)
        standing = await self._gate.enter(account, self._login_seconds)
        if isinstance(standing, Refusal):  # another process met it
            self._remember(standing)
            self._raise_if_remembered()
            standing = standing.times
        refusal: Refusal | None = None
        accepted = False
        try:
            pair = await log_in()
            accepted = True
        except LoginRefused as error:
            refusal = refused_again(error.code, standing)
            self._remember(refusal)
            raise _error_of(refusal) from None
        finally:
            await self._gate.leave(account, refusal, accepted=accepted)
        self._on_login("accepted")
        return pair

    def token_works(self) -> None:
        """SFT takes the token that the last login brought."""
        self._new_tokens_refused = 0
        if self._refusal is not None and self._refusal.code == NEW_TOKEN:  # only for some calls, as it turns out
            self._refusal = None
            self._on_login("accepted")

    def new_token_refused(self) -> bool:
        """SFT refuses the token that the last login brought. If it goes on doing so, the next login waits, too; whether
        it need not."""
        self._new_tokens_refused += 1
        if self._new_tokens_refused <= MOST_NEW_TOKENS_REFUSED:
            return True
        self._remember(refused_again(NEW_TOKEN, self._new_tokens_refused - MOST_NEW_TOKENS_REFUSED - 1))
        return False

    def _remember(self, refusal: Refusal) -> None:
        self._refusal = refusal
        # With the same credentials, nothing gets a blocked account back: this process never tries again.
        self._until = math.inf if refusal.is_for_good else time.monotonic() + refusal.seconds
        self._on_login("blocked" if refusal.is_for_good else "refused")

    def _raise_if_remembered(self) -> None:
        left = self._until - time.monotonic()
        if self._refusal is not None and left > 0:
            raise _error_of(self._refusal, left)


def _error_of(refusal: Refusal, left: float | None = None) -> AuthenticationFailed:
    if refusal.is_for_good:
        return AccountBlocked(
            "login",
            f"SFT has blocked this account (code {refusal.code}): only a reset of its password at SFT helps, nothing "
            "goes on by itself",
        )
    later = f"; no login is tried for another {math.ceil(left)} s" if left else ""
    return AuthenticationFailed("login", words_for(refusal.code) + later)
