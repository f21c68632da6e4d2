"""The schemas of what our workflows write each other, and what changes in them mean for two builds that run at once.

``python -m tests.support.message_schemas`` writes those of this release: do that when it is released, not before.
"""

import json
import pathlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from contract.message import RELEASE, InternalMessage
from workflows.audit import AuditState
from workflows.handover import CleanedUp, GiveBack, HandOver
from workflows.state import SubscriptionState

MESSAGES: Final[tuple[type[InternalMessage], ...]] = (SubscriptionState, HandOver, GiveBack, CleanedUp, AuditState)
SCHEMAS: Final = pathlib.Path(__file__).parents[1] / "workflows" / "schemas"
LIMITS: Final = ("pattern", "minLength", "maxLength", "minimum", "maximum", "format")

Schema = dict[str, Any]


def written(messages: Iterable[type[InternalMessage]] = MESSAGES) -> Schema:
    """What the file of a release holds: a JSON schema a message."""
    return {message.__name__: message.model_json_schema() for message in messages}


def last_release() -> Schema:
    """The schemas of the last release that has a file."""
    files = sorted(SCHEMAS.glob("*.json"), key=lambda file: [int(part) for part in file.stem.split(".")])
    schemas: Schema = json.loads(files[-1].read_text())
    return schemas


@dataclass(frozen=True)
class Changes:
    """From the messages of one build to those of the next. Each change is a sentence."""

    before: Schema
    after: Schema

    @cached_property
    def unread_by_the_build_before(self) -> list[str]:
        """What the next build may write and the one before cannot read: its workflow tasks wait for the next one."""
        return [f"The build before cannot read {fault}" for fault in _faults(self.before, self.after)]

    @cached_property
    def unread_by_the_next_build(self) -> list[str]:
        """What runs in the wild carry and the next build cannot read: nothing that was deployed could go on with it."""
        return [f"The next build cannot read {fault}" for fault in _faults(self.after, self.before)]

    @cached_property
    def ignored_by_the_build_before(self) -> list[str]:
        """What the build before takes no notice of. It carries on a field of the message itself, and has forgotten one
        of a part of it when it writes the message anew."""
        return [
            f"The build before does without {field}, which is new, and {'carries it on' if is_kept else 'forgets it'}"
            for name in self.after
            if name in self.before
            for field, is_kept in _new_fields(_Side(self.before, name), _Side(self.after, name), name)
        ]


def _faults(reader: Schema, writer: Schema) -> Iterator[str]:
    for name in writer:
        if name in reader:
            yield from _unread(_Side(reader, name), _Side(writer, name), name)


class _Side:
    """One schema, as the one who reads or writes by it has it."""

    def __init__(self, schemas: Schema, name: str, part: Schema | None = None) -> None:
        self.schemas, self.name = schemas, name
        self.part: Schema = schemas[name] if part is None else part
        if "$ref" in self.part:
            self.part = schemas[name]["$defs"][self.part["$ref"].rpartition("/")[2]]

    def of(self, part: Schema) -> "_Side":
        return _Side(self.schemas, self.name, part)

    @property
    def alternatives(self) -> list["_Side"]:
        return [self.of(part) for part in self.part.get("anyOf", [self.part])]

    @property
    def fields(self) -> dict[str, "_Side"]:
        return {name: self.of(part) for name, part in self.part.get("properties", {}).items()}

    @property
    def words(self) -> list[object] | None:
        return [self.part["const"]] if "const" in self.part else self.part.get("enum")

    @property
    def parts(self) -> list[tuple[str, "_Side"]]:
        """What an array or a dictionary holds, by where in it."""
        inner = [(f".{place}", part) for place, part in enumerate(self.part.get("prefixItems", []))]
        inner += [
            (suffix, self.part[key])
            for key, suffix in (("items", "[]"), ("additionalProperties", ".*"))
            if isinstance(self.part.get(key), dict)
        ]
        return [(suffix, self.of(part)) for suffix, part in inner]


def _unread(reader: _Side, writer: _Side, where: str) -> list[str]:
    """What the reader cannot read of what the writer may write."""
    faults: list[str] = []
    for written_as in writer.alternatives:
        kind = written_as.part.get("type")
        known = [other for other in reader.alternatives if other.part.get("type") in (kind, None)]
        if known:
            fewest: list[str] = min((_unread_alternative(other, written_as, where) for other in known), key=len)
            faults += fewest
        else:
            faults.append(f"{where}: it may be of type {kind} now, which was not known")
    return faults


def _unread_alternative(reader: _Side, writer: _Side, where: str) -> list[str]:
    faults = [
        f"{where}: field {name} is required, and not written any more"
        for name in reader.part.get("required", [])
        if name not in writer.fields
    ]
    if reader.words is not None:
        if writer.words is None:
            faults.append(f"{where}: it may be any text now, and only {_listed(reader.words)} was known")
        elif new := [word for word in writer.words if word not in reader.words]:
            faults.append(f"{where}: {_listed(new)} is a new word")
    faults += [
        f"{where}: its {limit} is another"
        for limit in LIMITS
        if reader.part.get(limit) not in (None, writer.part.get(limit)) and writer.words is None
    ]
    for name, field in writer.fields.items():
        if name in reader.fields:
            faults += _unread(reader.fields[name], field, f"{where}.{name}")
    if [place for place, _ in reader.parts] != [place for place, _ in writer.parts] and reader.parts:
        return [*faults, f"{where}: it has other parts"]
    for (place, read_as), (_, written_as) in zip(reader.parts, writer.parts, strict=bool(reader.parts)):
        faults += _unread(read_as, written_as, f"{where}{place}")
    return faults


def _new_fields(before: _Side, after: _Side, where: str) -> Iterator[tuple[str, bool]]:
    for name, field in after.fields.items():
        if name in before.fields:
            yield from _new_fields(before.fields[name], field, f"{where}.{name}")
        else:
            yield f"{where}.{name}", before.part.get("additionalProperties") is True
    for place, part in after.parts:
        if match := dict(before.parts).get(place):
            yield from _new_fields(match, part, f"{where}{place}")
    for alternative in after.part.get("anyOf", []):
        for earlier in before.part.get("anyOf", []):
            pair = before.of(earlier), after.of(alternative)
            if pair[0].part.get("type") == pair[1].part.get("type") == "object":
                yield from _new_fields(*pair, where)


def _listed(words: Iterable[object]) -> str:
    return " or ".join(f'"{word}"' for word in words)


if __name__ == "__main__":
    SCHEMAS.mkdir(exist_ok=True)
    (SCHEMAS / f"{RELEASE}.json").write_text(json.dumps(written(), indent=1, sort_keys=True) + "\n")
