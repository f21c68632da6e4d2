"""Who gets in: logins that are refused, and access tokens that end."""

from typing import Final

from starlette.responses import PlainTextResponse, Response

from tools.simulator.answer import Answer, refusal
from tools.simulator.exchange import as_json, token_refused
from tools.simulator.habits.account import LOCKOUT, LOGIN_REFUSED_IN_BODY, TOKENS_END_BY_HTTP, TOKENS_END_IN_BODY
from tools.simulator.platform import Platform
from tools.simulator.variety import Variety

BLOCKED: Final = refusal("11044", "Account is blocked")
REFUSED_LOGINS: Final = 5
"""So many in a row block the account, where it is the platform's habit."""

CALLS_OF_A_TOKEN: Final = 4


class Keeper:
    """Keeps count of refused logins, and of what tokens are used for."""

    def __init__(self, platform: Platform, variety: Variety) -> None:
        self._platform = platform
        self._variety = variety
        self._refused = 0
        self._used: dict[str, int] = {}

    def login_refused(self, username: str, password: str) -> Answer | None:
        """The answer to a login that is refused; None for one that is not."""
        habits = self._platform.habits
        if LOCKOUT in habits and self._refused >= REFUSED_LOGINS:
            return BLOCKED
        if self._platform.knows(username, password):
            self._refused = 0
            return None
        self._refused += 1
        if LOGIN_REFUSED_IN_BODY in habits:
            return refusal("10126", "Invalid username or password")
        return refusal("401", "Invalid username or password", status=401)

    def token_ended(self, token: str) -> Response | None:
        """The answer to a call whose token is not good any more; None for one whose token is."""
        habits = self._platform.habits
        by_http, in_body = TOKENS_END_BY_HTTP in habits, TOKENS_END_IN_BODY in habits
        if by_http or in_body:
            self._used[token] = self._used.get(token, 0) + 1
        if self._platform.tokens.accepts(token) and self._used.get(token, 0) <= CALLS_OF_A_TOKEN:
            return None
        if by_http:
            return PlainTextResponse("Unauthorized", 401)
        return as_json(token_refused(in_envelope=in_body or self._variety.turn("token refused")))
