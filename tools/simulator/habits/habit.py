"""A habit: how the platform tells what it does, whatever that is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tools.simulator.answer import Answer, Json
from tools.simulator.call import Call
from tools.simulator.journal import Entry

Subject = Literal[
    "code",
    "state",
    "row",
    "date",
    "number",
    "list",
    "id",
    "zone",
    "renewal",
    "empty",
    "account",
    "token",
    "time-out",
    "add-on",
]
"""What a habit is about. The platform may have any mix of habits, but only one of some subjects."""

ONE_OF: frozenset[Subject] = frozenset(
    {"state", "id", "zone", "renewal", "empty", "account", "token", "time-out", "code"}
)

Retell = Callable[[Entry, Answer], Answer]
Change = Callable[[str, object], object]
"""What becomes of a value in an answer; it gets the value's field, too."""


@dataclass(frozen=True)
class Habit:
    """``retell`` is what it makes of an answer; a habit without it is looked up by name where the platform acts.

    ``settings`` are the product's that make it right under this habit, by the names of the environment.
    """

    name: str
    subject: Subject
    words: str
    retell: Retell = field(default=lambda _, answer: answer, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    stops_sales: bool = False
    """Whether nothing can be sold as long as the platform has it."""


def every_value(change: Change, *calls: Call) -> Retell:
    """Changes everything in an answer to these calls, or to any, that is neither object nor list."""

    def told(value: object, name: str = "") -> object:
        if isinstance(value, dict):
            return {key: told(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [told(one, name) for one in value]
        return change(name, value)

    return _body(told, calls)


def every_object(change: Change, *calls: Call) -> Retell:
    """Changes every object and list in an answer to these calls, or to any, from the inside out."""

    def told(value: object, name: str = "") -> object:
        if isinstance(value, dict):
            return change(name, {key: told(one, key) for key, one in value.items()})
        if isinstance(value, list):
            return change(name, [told(one) for one in value])
        return value

    return _body(told, calls)


def _body(told: Callable[[object], object], calls: tuple[Call, ...]) -> Retell:
    def retell(entry: Entry, answer: Answer) -> Answer:
        return changed(answer, told(answer.body)) if not calls or entry.call in calls else answer

    return retell


def changed(answer: Answer, body: object) -> Answer:
    """The same answer with another body."""
    assert isinstance(body, dict)
    return Answer(body, answer.status, answer.done)


def response_of(answer: Answer) -> Json:
    """A copy of what is under ``Response``; empty where there is no envelope."""
    response = answer.body.get("Response")
    return dict(response) if isinstance(response, dict) else {}
