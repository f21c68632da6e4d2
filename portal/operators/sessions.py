"""Operators who are logged in: by name, each of whose sessions can be ended, or by the one password of all."""

import asyncio
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from seller.accounts import Accounts


@dataclass(frozen=True)
class Session:
    """One login. ``text`` is what the cookie holds, signed."""

    token: str
    operator: str | None = None
    """Their name; None for who came in by the one password of all."""
    generation: str = ""
    """What the account had at the time: it has another one after its sessions were ended."""

    @property
    def text(self) -> str:
        """To be read again by ``of``."""
        return f"{self.token}:{self.operator}:{self.generation}" if self.operator else self.token

    @classmethod
    def of(cls, text: str) -> "Session":
        """From what a cookie of ours holds."""
        token, _, rest = text.partition(":")
        operator, _, generation = rest.partition(":")
        return cls(token, operator or None, generation)

    @property
    def label(self) -> str:
        """What the audit log calls an operator by: their name, or what is the same for as long as they are logged in.
        It is of no use to log in."""
        return self.operator or sha256(self.token.encode()).hexdigest()[:8]


class Sessions:
    """Begins them, and says which are good. Raises a SellerError, ``BadAccounts``, if accounts cannot be read."""

    def __init__(self, accounts: Accounts, password: str | None) -> None:
        self._accounts = accounts
        self._password = password
        self._one_at_a_time = asyncio.Semaphore(1)  # scrypt takes memory, which guesses must not add up to

    async def begin(self, name: str, password: str) -> Session | None:
        """For who has this name and password, or without a name the one password of all; None for nobody."""
        token = secrets.token_hex(16)
        if not name:
            return Session(token) if self._password and _same(password, self._password) else None
        async with self._one_at_a_time:
            account = await asyncio.to_thread(self._accounts.recognised, name, password)
        return Session(token, account.name, account.sessions) if account else None

    def still(self, text: str) -> Session | None:
        """The session in a cookie of ours; None if it was ended meanwhile."""
        session = Session.of(text)
        if session.operator is None:
            return session if self._password else None
        account = self._accounts.named(session.operator)
        return session if account and _same(session.generation, account.sessions) else None

    def end_all(self, operator: str) -> None:
        """Logs an operator out wherever they are logged in."""
        self._accounts.end_sessions(operator)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(text: str) -> bytes:
    """However its letters with accents are composed: that differs from keyboard to keyboard."""
    return unicodedata.normalize("NFC", text).encode(errors="surrogateescape")
