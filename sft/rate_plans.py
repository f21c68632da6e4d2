"""The account's plans as QueryRatePlan answers them, of which only the call is known."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from pydantic import JsonValue

from sft.pages import may_be_full

COUNT: Final = re.compile(
    "total|count|total_?(count|rows|records|results|plans)|(rows?|records?|results?|plans?)_?(count|total)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RatePlans:
    """ASSUMPTION: a plan is an object with its id under ``planId``, wherever in the answer it stands.

    ``plan_ids`` are those that were recognised; ``values`` is every text and number of the answer, so that an id that
    stands under another name is not said to be missing. ``names`` are what they are called, in the order of the answer.
    ASSUMPTION: that stands under ``planName`` beside the id, as in a profile; it is empty where nothing does.
    """

    plan_ids: frozenset[str]
    values: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict)
    total: int = 0
    """The largest number that the answer gives as a total or a count; 0 if it gives none."""

    @classmethod
    def of(cls, answer: JsonValue) -> Self:
        """Those in an answer."""
        found = list(_values(answer))
        plan_ids = [value for name, value in found if _is(name, "planid")]
        names = dict.fromkeys(plan_ids, "") | dict(_names(answer))
        total = max((int(value) for name, value in found if COUNT.fullmatch(name) and value.isdecimal()), default=0)
        return cls(frozenset(plan_ids), frozenset(value for _, value in found), names, total)

    @property
    def may_be_cut(self) -> bool:
        """Whether there may be more of them than the answer has: it may be one page of many."""
        return self.total > len(self.plan_ids) or may_be_full(len(self.plan_ids))

    def missing(self, plan_ids: Iterable[str]) -> list[str]:
        """Those of these planIds that the account does not have, in this order."""
        return [plan_id for plan_id in plan_ids if plan_id not in self.values]


def _is(name: str, sought: str) -> bool:
    return re.sub("[^a-z]", "", name.casefold()) == sought


def _names(answer: JsonValue) -> Iterator[tuple[str, str]]:
    """The planId and the name of every object that has both."""
    if isinstance(answer, list):
        for value in answer:
            yield from _names(value)
    elif isinstance(answer, dict):
        told = {
            name: text
            for name, value in answer.items()
            if not isinstance(value, dict | list)
            for _, text in _values(value)
        }
        plan_id = next((text for name, text in told.items() if _is(name, "planid")), None)
        plan_name = next((text for name, text in told.items() if _is(name, "planname")), None)
        if plan_id and plan_name:
            yield plan_id, plan_name
        yield from _names(list(answer.values()))


def _values(answer: JsonValue, name: str = "") -> Iterator[tuple[str, str]]:
    match answer:
        case dict():
            for field_name, value in answer.items():
                yield from _values(value, field_name)
        case list():
            for value in answer:
                yield from _values(value, name)
        case str():
            yield name, answer.strip()
        case int() | float() if not isinstance(answer, bool):
            yield name, f"{answer:g}" if isinstance(answer, float) else str(answer)
