"""Keeps the access token, with one login or refresh at a time, however many calls wait for it.

Whether a login may be tried at all, ``sft.logins`` says.
"""

import asyncio
import re
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from sft.assumptions import LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS
from sft.call_observer import CallObserver, observed_call
from sft.codes import BLOCKED, LOGIN_REFUSED, NOT_ENTERPRISE, TIMED_OUT, login_refusal
from sft.envelope import SUCCESS, judge
from sft.errors import AuthenticationFailed, Malformed, NotSent, Rejected, Unanswered
from sft.logins import LoginRefused, Logins
from sft.transport import Call, Transport

REFRESH: Final = Call("RefreshToken", "GET")


def _fits_a_header(token: SecretStr) -> SecretStr:
    # An HTTP library's complaint about a header value quotes it.
    if not re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()):
        raise ValueError("is not a token")
    return token


def _if_it_is_one(value: object, read: ValidatorFunctionWrapHandler) -> SecretStr | None:
    try:
        token: SecretStr = read(value)
    except ValidationError:
        return None
    return token


Token = Annotated[SecretStr, AfterValidator(_fits_a_header)]
IfToken = Annotated[Token | None, WrapValidator(_if_it_is_one)]


class TokenPair(BaseModel):
    """What login and RefreshToken answer: a short-lived access token and a long-lived refresh token."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access: Token = Field(validation_alias="AccessToken")
    refresh: IfToken = Field(default=None, validation_alias="RefreshToken")
    """None, also where it cannot be read: then the next one takes a login."""


class Tokens:
    """Holds the token pair of one client and renews it when a call finds the access token refused."""

    def __init__(self, transport: Transport, login: Call, logins: Logins, observer: CallObserver) -> None:
        self._transport = transport
        self._login = login
        self._logins = logins
        self._observer = observer
        self._pair: TokenPair | None = None
        self._renewal: asyncio.Task[SecretStr | NotSent] | None = None

    async def valid(self, call: str, stale: SecretStr | None = None) -> SecretStr:
        """An access token other than ``stale``, the one that SFT has just refused, for the call of that name.

        Raises NotSent whatever goes wrong on the way to it, even a lost answer: the call itself was not done.
        Its subclass AuthenticationFailed says that SFT refuses the credentials, or did so lately: then it is not asked.
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

    def works(self) -> None:
        """SFT takes the token."""
        self._logins.token_works()

    def forget(self, access: SecretStr) -> None:
        """Log in from scratch next time: SFT refuses this token although it has only just handed it out.

        While no login is tried, it is kept: it may be one call, about one endpoint, that SFT refuses it for.
        """
        if self._pair is not None and self._pair.access == access:
            may_log_in = self._logins.new_token_refused()
            self._pair = None if may_log_in else self._pair.model_copy(update={"refresh": None})

    async def aclose(self) -> None:
        """Break off a login or refresh that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    async def _renew(self) -> SecretStr | NotSent:
        # The failure is handed over as a value, for every waiting call to raise as its own.
        try:
            pair = await self._refreshed()
            if pair is None:
                pair = await self._logins.attempt(self._logged_in)
            self._pair = pair
            return pair.access
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
        except (Rejected, AuthenticationFailed) as error:
            self._pair = None
            if isinstance(error, Rejected) and error.code in BLOCKED:
                return await self._logins.attempt(self._account_blocked)
            return None
        except (Unanswered, Malformed) as error:
            # Whether the refresh token is used up now, nobody knows: the next call logs in.
            self._pair = None
            raise NotSent(error.call, error.reason) from None

    async def _account_blocked(self) -> TokenPair:
        """A login that need not be sent: it would only be one more refused one."""
        raise LoginRefused(self._login.name, BLOCKED[0])

    async def _logged_in(self) -> TokenPair:
        try:
            with observed_call(self._login.name, self._observer):
                return await self._log_in()
        except (Unanswered, Malformed) as error:
            raise NotSent(error.call, error.reason) from None

    async def _log_in(self) -> TokenPair:
        name = self._login.name
        try:
            return await self._obtain(self._login, None)
        except Rejected as error:
            if LOGIN_IS_REFUSED_FOR_THE_CREDENTIALS or error.code in LOGIN_REFUSED:
                raise LoginRefused(name, error.code) from None
            raise NotSent(name, f"SFT refuses the login (code {error.code})") from None
        except AuthenticationFailed:
            raise LoginRefused(name, NOT_ENTERPRISE) from None

    async def _obtain(self, call: Call, bearer: SecretStr | None) -> TokenPair:
        """Raises Rejected for every answer that is a refusal, in whatever shape: one that is not understood would be
        repeated, and SFT counts.
        """
        answer = await self._transport.exchange(call, bearer)
        if code := login_refusal(answer.text):
            raise Rejected(call.name, code, "")
        envelope = judge(call.name, answer)
        if envelope.outcome not in (None, SUCCESS):
            if TIMED_OUT.search(envelope.description):
                raise Unanswered(call.name, "SFT reports that the operation timed out")
            raise envelope.rejection()
        return envelope.read(TokenPair, under=None)
