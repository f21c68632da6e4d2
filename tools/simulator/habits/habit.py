"""A habit: how the platform tells what it does, whatever that is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tools.simulator.answer import Answer, Json
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


def every_value(value: object, change: Callable[[str, object], object], name: str = "") -> object:
    """A JSON value with ``change(field, value)`` in place of everything in it that is neither object nor list."""
    if isinstance(value, dict):
        return {key: every_value(one, change, key) for key, one in value.items()}
    if isinstance(value, list):
        return [every_value(one, change, name) for one in value]
    return change(name, value)


def every_object(value: object, change: Callable[[str, object], object], name: str = "") -> object:
    """A JSON value with ``change(field, value)`` in place of every object and list in it, from the inside out."""
    if isinstance(value, dict):
        return change(name, {key: every_object(one, change, key) for key, one in value.items()})
    if isinstance(value, list):
        return change(name, [every_object(one, change) for one in value])
    return value


def changed(answer: Answer, body: object) -> Answer:
    """The same answer with another body."""
    assert isinstance(body, dict)
    return Answer(body, answer.status, answer.done)


def response_of(answer: Answer) -> Json:
    """A copy of what is under ``Response``; empty where there is no envelope."""
    response = answer.body.get("Response")
    return dict(response) if isinstance(response, dict) else {}
