"""The API's description as programs take it best that make clients of it: in TypeScript, Java, Go and others.

What a status says of the other fields is a union that is told apart by that status; what each event is posted as stands
under ``webhooks``; and what would only be noise in generated code is left out.
"""

import copy
from collections.abc import Iterator
from typing import Any, Final

from contract.event import Event
from contract.schemas import PlainSchemas
from contract.variants import VARIANTS, Schema, split
from portal.api.purchase_bodies import PURCHASES

FOLDER: Final = "#/components/schemas/"

TOLD: Final = {
    "SaleEvent": "A first purchase waits for people, or has failed",
    "StockEvent": "eSIMs have to be ordered",
    "AddonEvent": "Something happened to an add-on",
    "SubscriptionEvent": "Something happened to an eSIM",
    "ProfileEvent": "Something happened to an eSIM on a device",
    "TestEvent": "You had one sent, to try your address",
}
"""What each variant of an event is about."""

HEADERS: Final = {
    "webhook-id": "The same where it is posted again: its `event_id`, with `_` in the place of full stops.",
    "webhook-timestamp": "When it was posted, in Unix seconds.",
    "webhook-signature": "One or more signatures of id, timestamp and body, each `v1,` and base64: Standard Webhooks.",
}
"""What an event is posted with (delivery/webhook.py)."""

ANSWERS: Final = {
    "2XX": {"description": "Taken"},
    "default": {"description": "Not taken: it is posted again, for a day"},
}


def for_programs(described: Schema) -> Schema:
    """The same description, for programs."""
    made = copy.deepcopy(described)
    schemas = made["components"]["schemas"]
    event = Event.model_json_schema(
        mode="serialization", ref_template=f"{FOLDER}{{model}}", schema_generator=PlainSchemas
    )
    for name, schema in ({"Event": event} | event.pop("$defs")).items():
        schemas.setdefault(name, schema)
    variants = VARIANTS | {"Purchase": PURCHASES}
    split(schemas, variants, FOLDER)
    for told_by, each in variants.values():
        for name in each:
            _name_words(schemas, name, told_by)
    made["webhooks"] = {
        word: {"post": _posted(word, name)}
        for name, variant in VARIANTS["Event"].each.items()
        for word in variant.words
    }
    for parameter in _parameters(made):
        parameter["schema"] = _always(parameter["schema"])
    for schema in schemas.values():
        schema["properties"] = {name: _quiet(field) for name, field in schema.get("properties", {}).items()}
        if not schema["properties"]:
            del schema["properties"]
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    return made


def _name_words(schemas: dict[str, Schema], name: str, told_by: str) -> None:
    """Gives the words of a variant a type of their own: some generators (Go's) take no notice of a discriminator, try
    each variant, and check words only where they are a type. One status has one type, as its name is a constant there.
    """
    fields = schemas[name]["properties"]
    said = fields[told_by]["enum"]
    words = f"{said[0].title() if told_by == 'status' else name}{told_by.title()}"
    schemas[words] = {"title": words, "type": "string", "enum": said}
    fields[told_by] = {"$ref": f"{FOLDER}{words}"}


def _posted(event_type: str, variant: str) -> Schema:
    return {
        "operationId": f"on_{event_type}",
        "summary": TOLD[variant],
        "tags": ["Webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}
            for name, about in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"{FOLDER}{variant}"}}},
        },
        "responses": ANSWERS,
    }


def _parameters(made: Schema) -> Iterator[Schema]:
    for item in made["paths"].values():
        for call in item.values():
            yield from call.get("parameters", ())


def _always(schema: Schema) -> Schema:
    """What a parameter is if it is there: nobody can send null in an address or a header."""
    if "anyOf" not in schema:
        return _quiet(schema)
    kind: Schema
    [kind] = [one for one in schema["anyOf"] if one != {"type": "null"}]
    return kind | {name: part for name, part in schema.items() if name == "description"}


def _quiet(field: Schema) -> Schema:
    """A field without the name that it has anyway, and with a word of one as a choice of one."""
    kept: dict[str, Any] = {name: part for name, part in field.items() if name not in ("title", "readOnly")}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if kept.get("default", ...) is None:
        del kept["default"]
    return kept
