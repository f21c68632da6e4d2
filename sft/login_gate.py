"""Keeps a login that SFT refused from being repeated by everybody: SFT blocks an account after too many (11044)."""

import time
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from sft.codes import BLOCKED

FIRST_PAUSE_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 3600.0
"""After a refused login: doubled with each further one. So it is tried at most six times in the first hour (after 1, 2,
4, 8 and 16 minutes) and once an hour from then on. After how many SFT blocks, nobody says."""

LoginState = Literal["accepted", "refused", "blocked"]
"""What is known of the credentials."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last of so many refused logins in a row, with SFT's code, and for how long nobody tries again."""

    code: str
    times: int
    seconds: float

    @property
    def is_for_good(self) -> bool:
        """Whether the account is blocked: with these credentials, nothing but a new password helps (documentation)."""
        return self.code in BLOCKED


def refused_again(code: str, times_before: int) -> Refusal:
    """A login that was refused with this code, after so many refused ones in a row before it."""
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(times_before, 20))
    return Refusal(code, times_before + 1, LONGEST_PAUSE_SECONDS if code in BLOCKED else pause)


class LoginGate(Protocol):
    """Lets logins with the same credentials through one after the other, and none for a while after a refusal.

    ``account`` stands for the credentials and tells nobody anything about them. A login takes ``seconds`` at most.
    """

    async def enter(self, account: str, seconds: float) -> Refusal | int:
        """The refusal for which no login may be tried; or how many were refused in a row, and one may be tried: then
        ``leave`` has to follow. Raises NotSent if it cannot be told.
        """
        ...

    async def leave(self, account: str, refusal: Refusal | None, *, accepted: bool) -> None:
        """Says how the login ended that ``enter`` has let through. It never raises."""
        ...


class ProcessGate:
    """The gate of a process that is alone, or cannot ask the others."""

    def __init__(self) -> None:
        self._refusal: Refusal | None = None
        self._until = 0.0

    async def enter(self, _account: str, _seconds: float) -> Refusal | int:
        """See LoginGate."""
        if self._refusal is None:
            return 0
        left = self._until - time.monotonic()
        return Refusal(self._refusal.code, self._refusal.times, left) if left > 0 else self._refusal.times

    async def leave(self, _account: str, refusal: Refusal | None, *, accepted: bool) -> None:
        """See LoginGate."""
        if accepted:
            self._refusal = None
        elif refusal:
            self._refusal, self._until = refusal, time.monotonic() + refusal.seconds
