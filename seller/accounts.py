"""Who a seller's operators are: their names, and what their passwords are recognised by, in a file."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import Field

from contract.failure import INVALID_REQUEST
from contract.message import Message
from seller.errors import SellerError
from temporal.guarded_records import GuardedRecords, RecordsProblem

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

COST: Final = 2**15
"""scrypt's N: with r=8 and p=3, 32 MiB and some tenths of a second for each try (OWASP's cheat sheet on passwords)."""


class Account(Message):
    """An operator. The password itself is nowhere."""

    name: str
    salt: str = Field(repr=False)
    scrypt: str = Field(repr=False)
    sessions: str = Field(repr=False)
    """What is in every session of theirs that has not been ended: another one ends them all."""
    created_at: datetime


class _Accounts(Message):
    operators: list[Account] = Field(default_factory=list)


class Accounts:
    """The operators in a file, as they are now: a change takes effect with the next request. Without a file there are
    none.

    Its methods raise a SellerError, ``BadAccounts``, if the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = GuardedRecords(path, _Accounts, "operators")

    def all(self) -> list[Account]:
        """The operators, oldest first."""
        try:
            return self._file.read().operators
        except RecordsProblem as problem:
            raise _bad(problem) from None

    def named(self, name: str) -> Account | None:
        """The operator of this name; None if there is none."""
        return next((account for account in self.all() if account.name == name), None)

    def recognised(self, name: str, password: str) -> Account | None:
        """The operator whose name and password these are; None if they are nobody's. Takes equally long for each."""
        account = self.named(name)
        salt = account.salt if account else "00"
        is_right = hmac.compare_digest(_scrypt(password, salt), account.scrypt if account else "")
        return account if is_right else None

    def add(self, name: str) -> str:
        """Makes an operator with a password that is made at random. Nobody can show it again.

        Raises a SellerError: ``InvalidRequest`` if the name cannot be, or is taken.
        """
        if not NAME.fullmatch(name):
            raise SellerError(
                INVALID_REQUEST,
                f"{name!r:.100} is not the name of an operator: 1 to 64 characters of A-Z a-z 0-9 . _ -",
            )
        password, salt = secrets.token_urlsafe(18), secrets.token_hex(16)
        with self._changing() as operators:
            if any(account.name == name for account in operators):
                raise SellerError(
                    INVALID_REQUEST, f"There is an operator named {name} already: take another name, or remove that one"
                )
            made = Account(
                name=name,
                salt=salt,
                scrypt=_scrypt(password, salt),
                sessions=secrets.token_hex(8),
                created_at=datetime.now(UTC),
            )
            operators.append(made)
        return password

    def remove(self, name: str) -> None:
        """Forgets an operator, and ends their sessions. Raises a SellerError: ``NotFound`` if there is none."""
        with self._changing() as operators:
            operators.remove(self._found(operators, name))

    def end_sessions(self, name: str) -> None:
        """Logs an operator out wherever they are logged in. Raises a SellerError: ``NotFound`` if there is none."""
        with self._changing() as operators:
            self._found(operators, name).sessions = secrets.token_hex(8)

    def _found(self, operators: list[Account], name: str) -> Account:
        for account in operators:
            if account.name == name:
                return account
        raise SellerError("NotFound", f"There is no operator named {name!r:.100} in {self.path}")

    @contextmanager
    def _changing(self) -> Iterator[list[Account]]:
        try:
            with self._file.changing() as content:
                yield content.operators
        except RecordsProblem as problem:
            raise _bad(problem) from None


def _bad(problem: RecordsProblem) -> SellerError:
    return SellerError("BadAccounts", f"{problem}; see PORTAL_OPERATORS")


def _scrypt(password: str, salt: str) -> str:
    digest = hashlib.scrypt(
        password.encode(errors="surrogateescape"), salt=bytes.fromhex(salt), n=COST, r=8, p=3, maxmem=2**26, dklen=32
    )
    return digest.hex()
