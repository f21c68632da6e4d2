"""The keys that portals show to the REST API: kept as digests in a file, made and revoked from the command line."""

import hmac
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field

from process import audit
from temporal.guarded_records import GuardedRecords, RecordsProblem

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

PREFIX_OF_TRAVELERS: Final = re.compile(r"[A-Za-z0-9._-]{0,62}[._-]")

PREFIX: Final = "esim_"
"""What tells a key from other secrets, for the programs that look for secrets where none should be."""


class KeysProblem(ValueError):
    """The keys cannot be used, or not be changed like this. The message says why, and shows no key."""


class Limits(BaseModel):
    """What a key may not do. Without any, it may do everything for every traveler."""

    read_only: bool = False
    travelers: str | None = None
    """What the ids of the only travelers begin with that it is good for; None for all."""
    without_codes: bool = False
    """Whether it is shown no activation codes."""

    def admits(self, traveler_id: str) -> bool:
        """Whether it is good for this traveler."""
        return self.travelers is None or traveler_id.startswith(self.travelers)

    @property
    def words(self) -> list[str]:
        """Each of them, for people; none for a key that may do everything."""
        said = {
            "reads only": self.read_only,
            f"travelers {self.travelers}… only": self.travelers is not None,
            "no activation codes": self.without_codes,
        }
        return [words for words, is_set in said.items() if is_set]


class ApiKey(Limits):
    """Who has a key, how it is recognised, and what it is limited to. The key itself is nowhere."""

    name: str
    sha256: str = Field(repr=False)
    created_at: datetime


class _KeyFile(BaseModel):
    keys: list[ApiKey] = []


class ApiKeys:
    """The keys in a file, as they are now: a change takes effect with the next call. Without a file there are none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = GuardedRecords(path, _KeyFile, "portal keys")
        self._noted: dict[str, tuple[str, ...]] | None = None
        """The digests that were there before, and what each was limited to, by name."""

    def known(self, key: str) -> ApiKey | None:
        """Which key this is, None if it is nobody's. Takes equally long for each. Raises KeysProblem."""
        presented = _digest(key)
        found = [known for known in self.all() if hmac.compare_digest(known.sha256, presented)]
        return found[0] if found else None

    def all(self) -> list[ApiKey]:
        """The keys, oldest first. Raises KeysProblem if the file cannot be read."""
        try:
            keys = self._file.read().keys
        except RecordsProblem as problem:
            raise _problem(problem) from None
        self._note_changes(keys)
        return keys

    def _note_changes(self, known: list[ApiKey]) -> None:
        """Leaves a line where the file has other keys than this process read in it before, whoever changed it."""
        keys = {key.name: (key.sha256, *key.words) for key in known}
        before, self._noted = self._noted, keys
        if before not in (None, keys):
            added, removed = keys.items() - before.items(), before.items() - keys.items()
            audit.note("api_keys", "done", added=sorted(dict(added)), removed=sorted(dict(removed)))

    def add(self, name: str, limits: Limits | None = None) -> str:
        """Makes a key, and keeps its digest. Nobody can show the key again. Raises KeysProblem."""
        limits = limits or Limits()
        if not NAME.fullmatch(name):
            raise KeysProblem(f"{name!r} is not the name of a key: 1 to 64 characters of A-Z a-z 0-9 . _ -")
        if limits.travelers is not None and not PREFIX_OF_TRAVELERS.fullmatch(limits.travelers):
            raise KeysProblem(
                f"{limits.travelers!r} does not tell travelers apart: their ids are of A-Z a-z 0-9 . _ -, and it has "
                "to end with one of . _ - as R7- does (R7 alone would let it have those of R71, too)"
            )
        with self._changing() as keys:
            if any(known.name == name for known in keys):
                raise KeysProblem(f"There is a key named {name} already: take another name, or revoke that one first")
            key = PREFIX + secrets.token_urlsafe(32)
            keys.append(ApiKey(**dict(limits), name=name, sha256=_digest(key), created_at=datetime.now(UTC)))
        return key

    def revoke(self, name: str) -> None:
        """Forgets a key. Raises KeysProblem if there is none of that name."""
        with self._changing() as keys:
            left = [known for known in keys if known.name != name]
            if len(left) == len(keys):
                raise KeysProblem(
                    f"There is no key named {name} in {self.path}: python -m portal keys list shows those there are"
                )
            keys[:] = left

    @contextmanager
    def _changing(self) -> Iterator[list[ApiKey]]:
        """The keys, written back after the block. Two that change them at once come one after the other."""
        try:
            with self._file.changing() as content:
                yield content.keys
        except RecordsProblem as problem:
            raise _problem(problem) from None


def _problem(problem: RecordsProblem) -> KeysProblem:
    return KeysProblem(f"{problem}; see PORTAL_API_KEYS")


def _digest(key: str) -> str:
    return sha256(key.encode(errors="surrogateescape")).hexdigest()
