"""The access tokens of the codec server: a name for the log and a token for each who may decrypt payloads."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

TOKEN: Final = re.compile(r"[A-Za-z0-9._~-]{16,200}")
"""What can stand in an address as it is, for the Web UI that has no other place for it."""

MAKE_ONE: Final = "make one with: openssl rand -hex 24"


class AccessProblem(ValueError):
    """A list of tokens that cannot be used. The message says which one and why, and shows no token."""


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """The tokens, as digests: what is compared has one length, and says nothing about them."""

    digests: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "AccessTokens":
        """Reads ``<name>:<token>,<name>:<token>``; raises AccessProblem."""
        digests: dict[str, bytes] = {}
        for number, entry in enumerate(text.split(","), start=1):
            name, token = _entry(number, entry.strip())
            if name in digests:
                raise AccessProblem(f"two tokens have the name {name!r}: the log could not tell who it was")
            if _digest(token) in digests.values():
                raise AccessProblem(f"token {number} ({name!r}) is the same as an earlier one; {MAKE_ONE}")
            digests[name] = _digest(token)
        return cls(digests)

    def name_of(self, token: str) -> str | None:
        """Whose token this is, None if it is nobody's. Takes equally long for each."""
        presented = _digest(token)
        found = [name for name, digest in self.digests.items() if hmac.compare_digest(digest, presented)]
        return found[0] if found else None


def _entry(number: int, entry: str) -> tuple[str, str]:
    name, colon, token = entry.partition(":")
    if not colon:  # it may be nothing but a token: not shown
        raise AccessProblem(f"token {number} is not of the form <name>:<token>")
    if not NAME.fullmatch(name):
        raise AccessProblem(f"the name of token {number} is not 1 to 64 characters of A-Z a-z 0-9 . _ -")
    if not TOKEN.fullmatch(token):
        raise AccessProblem(f"token {number} ({name!r}) is not 16 to 200 characters of A-Z a-z 0-9 . _ ~ -; {MAKE_ONE}")
    return name, token


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogateescape")).digest()
