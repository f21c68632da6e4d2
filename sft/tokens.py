"""Keeps the access token, with one login or refresh at a time, however many calls wait for it."""

import asyncio
import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SecretStr

from sft.assumptions import LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS
from sft.call_observer import CallObserver, observed_call, unobserved
from sft.envelope import FAILURE, judge
from sft.errors import AuthenticationFailed, Malformed, NotSent, Rejected, Unanswered
from sft.transport import Call, Transport

REFRESH: Final = Call("RefreshToken", "GET")

NOT_THERE: Final = ("404", "405")
"""What a server that has no login answers."""


def _fits_a_header(token: SecretStr) -> SecretStr:
    # An HTTP library's complaint about a header value quotes it.
    if not re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()):
        raise ValueError("is not a token")
    return token


Token = Annotated[SecretStr, AfterValidator(_fits_a_header)]


class TokenPair(BaseModel):
    """What login and RefreshToken answer: a short-lived access token and a long-lived refresh token."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access: Token = Field(validation_alias="AccessToken")
    refresh: Token | None = Field(default=None, validation_alias="RefreshToken")


class Tokens:
    """Holds the token pair of one client and renews it when a call finds the access token refused."""

    def __init__(
        self,
        transport: Transport,
        username: str,
        password: SecretStr,
        target_account_id: str | None,
        observer: CallObserver = unobserved,
    ) -> None:
        self._transport = transport
        self._username = username
        self._password = password
        self._target_account_id = target_account_id
        self._observer = observer
        self._pair: TokenPair | None = None
        self._renewal: asyncio.Task[SecretStr | NotSent] | None = None

    async def valid(self, call: str, stale: SecretStr | None = None) -> SecretStr:
        """An access token other than ``stale``, the one that SFT has just refused, for the call of that name.

        Raises NotSent whatever goes wrong on the way to it, even a lost answer: the call itself was not done.
        Its subclass AuthenticationFailed says that SFT refuses the credentials.
        """
        if self._renewal is None:
            if self._pair is not None and self._pair.access != stale:
                return self._pair.access
            self._renewal = asyncio.create_task(self._renew())
        renewal = self._renewal
        # Unlike awaiting the task, this lets one caller be cancelled without taking the others' login away.
        await asyncio.wait([renewal])
        if renewal.cancelled():
            raise NotSent(call, "the client has been closed")
        outcome = renewal.result()
        if isinstance(outcome, NotSent):
            raise type(outcome)(call, f"no access token, {outcome}", outcome.retry_after_seconds)
        return outcome

    def forget(self, access: SecretStr) -> None:
        """Log in from scratch next time: SFT refuses this token although it has only just handed it out."""
        if self._pair is not None and self._pair.access == access:
            self._pair = None

    async def aclose(self) -> None:
        """Break off a login or refresh that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    async def _renew(self) -> SecretStr | NotSent:
        # The failure is handed over as a value, for every waiting call to raise as its own.
        try:
            self._pair = await self._refreshed() or await self._logged_in()
            return self._pair.access
        except NotSent as error:
            return error
        finally:
            self._renewal = None

    async def _refreshed(self) -> TokenPair | None:
        if self._pair is None or self._pair.refresh is None:
            return None
        try:
            with observed_call(REFRESH.name, self._observer):
                return await self._obtain(REFRESH, self._pair.refresh)
        except (Rejected, AuthenticationFailed):
            self._pair = None
            return None
        except (Unanswered, Malformed) as error:
            # Whether the refresh token is used up now, nobody knows: the next call logs in.
            self._pair = None
            raise NotSent(error.call, error.reason) from None

    async def _logged_in(self) -> TokenPair:
        call = self._login()
        try:
            with observed_call(call.name, self._observer):
                return await self._log_in(call)
        except (Unanswered, Malformed) as error:
            raise NotSent(error.call, error.reason) from None

    async def _log_in(self, call: Call) -> TokenPair:
        try:
            return await self._obtain(call, None)
        except Rejected as error:
            # Not SFT's description: it may quote the credentials.
            kind = AuthenticationFailed if LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS else NotSent
            hint = "; is SFT's address right?" if error.code in NOT_THERE else ""
            raise kind(error.call, f"SFT refuses the credentials (code {error.code}{hint})") from None

    def _login(self) -> Call:
        body: dict[str, JsonValue] = {"username": self._username, "password": self._password.get_secret_value()}
        if self._target_account_id is not None:
            body["targetAccountId"] = self._target_account_id
        return Call("login", body=body)

    async def _obtain(self, call: Call, bearer: SecretStr | None) -> TokenPair:
        envelope = judge(call.name, await self._transport.exchange(call, bearer))
        if envelope.outcome == FAILURE:
            raise envelope.rejection()
        return envelope.read(TokenPair, under=None)
