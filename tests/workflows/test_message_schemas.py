"""What our workflows write each other can be read by the build before this one, and the other way round."""

from typing import Any, Final, Literal

import pytest
from pydantic import BaseModel, create_model

from tests.support.message_schemas import MESSAGES, Changes, last_release, written
from workflows.state import SubscriptionState

ACCEPTED: Final[dict[str, str]] = {}
"""Sentences of ``Changes`` that a release lives with, and what docs/operations.md tells operators to do about each."""


def test_the_build_before_reads_what_this_one_writes_and_this_one_what_that_one_wrote() -> None:
    changes = Changes(last_release(), written())
    unread = [*changes.unread_by_the_build_before, *changes.unread_by_the_next_build]
    assert [sentence for sentence in unread if sentence not in ACCEPTED] == [], "CONTRIBUTING.md says what to do"
    assert set(ACCEPTED) <= set(unread)


def test_every_message_between_our_workflows_has_a_schema() -> None:
    assert set(last_release()) == {message.__name__ for message in MESSAGES}


class Thing(BaseModel):
    name: str
    color: Literal["red", "blue"]
    size: int = 0
    owner: str | None = None
    marks: list[Literal["a", "b"]] = []
    by_name: dict[str, tuple[str, int]] = {}


def changed(**fields: Any) -> type[BaseModel]:
    kept = {name: (field.annotation, field) for name, field in Thing.model_fields.items()}
    return create_model("Thing", **{name: field for name, field in (kept | fields).items() if field})


def changes(**fields: Any) -> Changes:
    return Changes({"Thing": Thing.model_json_schema()}, {"Thing": changed(**fields).model_json_schema()})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"color": (Literal["red", "blue", "green"], ...)}, 'Thing.color: "green" is a new word'),
        ({"marks": (list[Literal["a", "b", "c"]], [])}, 'Thing.marks[]: "c" is a new word'),
        ({"color": (str, ...)}, 'Thing.color: it may be any text now, and only "red" or "blue" was known'),
        ({"size": (str, "")}, "Thing.size: it may be of type string now, which was not known"),
        ({"size": (int | None, None)}, "Thing.size: it may be of type null now, which was not known"),
        (
            {"by_name": (dict[str, tuple[str, str]], {})},
            "Thing.by_name.*.1: it may be of type string now, which was not known",
        ),
        ({"by_name": (dict[str, tuple[str]], {})}, "Thing.by_name.*: it has other parts"),
        ({"name": None}, "Thing: field name is required, and not written any more"),
    ],
    ids=str,
)
def test_what_the_build_before_cannot_read_is_said_in_a_sentence(fields: dict[str, Any], says: str) -> None:
    assert changes(**fields).unread_by_the_build_before == [f"The build before cannot read {says}"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"weight": (int, ...)}, "Thing: field weight is required, and not written any more"),
        ({"color": (Literal["red"], ...)}, 'Thing.color: "blue" is a new word'),
        ({"owner": (str, "")}, "Thing.owner: it may be of type null now, which was not known"),
    ],
    ids=str,
)
def test_what_this_build_cannot_read_of_the_one_before_is_said_in_a_sentence(fields: dict[str, Any], says: str) -> None:
    assert changes(**fields).unread_by_the_next_build == [f"The next build cannot read {says}"]


def test_a_new_optional_field_is_read_without_it() -> None:
    change = changes(weight=(int, 0))
    assert (change.unread_by_the_build_before, change.unread_by_the_next_build) == ([], [])
    assert change.ignored_by_the_build_before == [
        "The build before does without Thing.weight, which is new, and forgets it"
    ]


def test_a_new_field_of_the_state_is_carried_on_by_the_build_before() -> None:
    class NewState(SubscriptionState):
        weight: int = 0

    change = Changes(written(), written() | {"SubscriptionState": NewState.model_json_schema()})
    assert change.ignored_by_the_build_before == [
        "The build before does without SubscriptionState.weight, which is new, and carries it on"
    ]


@pytest.mark.parametrize("left_out", ["size", "owner", "marks"])
def test_an_optional_field_that_is_gone_stops_nobody(left_out: str) -> None:
    change = changes(**{left_out: None})
    assert (
        change.unread_by_the_build_before == change.unread_by_the_next_build == change.ignored_by_the_build_before == []
    )
