"""What Ajv refuses in its strict mode (https://ajv.js.org/strict-mode.html), told without Node."""

import re
from collections.abc import Iterator
from typing import Any, Final

Schema = dict[str, Any]

WORDS: Final = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "type", "enum", "const", "format"),
    *("properties", "required", "additionalProperties", "propertyNames", "items", "minItems", "maxItems"),
    *("minLength", "maxLength", "pattern", "minimum", "maximum", "anyOf", "oneOf"),
}
"""Those of JSON Schema's that we use. Ajv refuses what it does not know, OpenAPI's ``discriminator`` for one."""

NEEDS: Final = {
    **dict.fromkeys(("properties", "required", "additionalProperties", "propertyNames"), "object"),
    **dict.fromkeys(("items", "minItems", "maxItems"), "array"),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("minimum", "maximum"), "integer"),
}
"""Keywords, and the type that has to stand beside them (strictTypes)."""

FORMATS: Final = {"date-time": "string", "int64": "integer"}
"""Of ajv-formats."""

ESCAPES: Final = re.compile(r"\\(?:[\^$\\.*+?()\[\]{}|/dDsSwWbBtnrvf0]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")
"""What may stand behind a backslash in a pattern with the flag u, which Ajv sets: no quote, above all."""


def faults(schema: Schema, root: Schema | None = None, where: str = "#") -> Iterator[str]:
    """What is wrong with it, if anything is."""
    root = schema if root is None else root
    yield from (f"{where}: {word} is no keyword" for word in schema if word not in WORDS)
    yield from (
        f"{where}: {word} without {kind}"
        for word, kind in NEEDS.items()
        if word in schema and schema.get("type") != kind
    )
    if not isinstance(schema.get("type", ""), str):
        yield f"{where}: a union of types"
    if not {"type", "enum", "$ref", "anyOf", "oneOf"} & set(schema):
        yield f"{where}: anything at all"
    if "format" in schema and FORMATS.get(schema["format"]) != schema.get("type"):
        yield f"{where}: format {schema['format']}"
    if "pattern" in schema and "\\" in ESCAPES.sub("", schema["pattern"]):
        yield f"{where}: no browser takes the pattern {schema['pattern']}"
    if "$ref" in schema and schema["$ref"].removeprefix("#/$defs/") not in root.get("$defs", {}):
        yield f"{where}: {schema['$ref']} is nowhere"
    yield from (
        f"{where}: {name} is required, and no property"
        for name in schema.get("required", ())
        if name not in schema.get("properties", {})
    )
    for place, part in parts(schema):
        yield from faults(part, root, f"{where}/{place}")


def parts(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas in it, each with its place."""
    for word in ("properties", "$defs"):
        yield from ((f"{word}/{name}", part) for name, part in schema.get(word, {}).items())
    for word in ("anyOf", "oneOf"):
        yield from ((f"{word}/{number}", part) for number, part in enumerate(schema.get(word, ())))
    for word in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(word), dict):
            yield word, schema[word]
