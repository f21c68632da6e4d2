"""The account's plans as QueryRatePlan answers them, of which only the call is known."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class RatePlans:
    """ASSUMPTION: a plan is an object with its id under ``planId``, wherever in the answer it stands.

    ``plan_ids`` are those that were recognised; ``values`` is every text and number of the answer, so that an id that
    stands under another name is not said to be missing.
    """

    plan_ids: frozenset[str]
    values: frozenset[str]

    @classmethod
    def of(cls, answer: JsonValue) -> Self:
        """Those in an answer."""
        found = list(_values(answer))
        return cls(
            frozenset(value for name, value in found if re.sub("[^a-z]", "", name.casefold()) == "planid"),
            frozenset(value for _, value in found),
        )

    def missing(self, plan_ids: Iterable[str]) -> list[str]:
        """Those of these planIds that the account does not have, in this order."""
        return [plan_id for plan_id in plan_ids if plan_id not in self.values]


def _values(answer: JsonValue, name: str = "") -> Iterator[tuple[str, str]]:
    match answer:
        case dict():
            for field, value in answer.items():
                yield from _values(value, field)
        case list():
            for value in answer:
                yield from _values(value, name)
        case str():
            yield name, answer.strip()
        case int() | float() if not isinstance(answer, bool):
            yield name, f"{answer:g}" if isinstance(answer, float) else str(answer)
