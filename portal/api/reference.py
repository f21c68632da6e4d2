"""The API's description as a page for people: /docs."""

import json
import re
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from markupsafe import Markup, escape
from starlette.responses import Response

from portal.api.openapi import EVERYWHERE, described
from portal.api.problems import MEANINGS
from portal.pages.rendering import templates


def router(api: FastAPI) -> APIRouter:
    """The page. It is made here, of nothing but HTML: what others make such pages with needs a looser policy."""
    routes = APIRouter()
    pages = templates()
    pages.env.filters |= {"kind": kind, "prose": prose, "example": example}

    @routes.get("/docs")
    def reference(request: Request) -> Response:
        about = described(api)
        calls = [(path, method, call) for path, item in about["paths"].items() for method, call in item.items()]
        known = {"api": about, "calls": calls, "meanings": MEANINGS, "everywhere": EVERYWHERE}
        return pages.TemplateResponse(request, "reference.html", known)

    return routes


def prose(text: str) -> Markup:
    """A sentence, with what stands in backquotes as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def example(document: dict[str, Any]) -> str:
    """A body, as JSON."""
    return json.dumps(document, indent=2)


def kind(schema: dict[str, Any]) -> Markup:
    """What a value has to be, in words, with a link where that is explained."""
    if either := schema.get("anyOf") or schema.get("oneOf"):
        return Markup(" or ").join(map(kind, either))
    if "$ref" in schema:
        return Markup('<a href="#{0}">{0}</a>').format(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return escape(", ".join(schema["enum"]))
    if "const" in schema:
        return escape(schema["const"])
    if schema["type"] == "array":
        return Markup("a list of {}").format(kind(schema["items"]))
    limits = {"format": "a", "minimum": "at least", "maximum": "at most", "maxLength": "at most", "pattern": "matching"}
    told = {limit: schema[limit] for limit in limits if schema.get(limit, "int64") != "int64"}
    said = [f"{limits[limit]} {_shown(value)}" for limit, value in told.items()]
    return escape(", ".join([schema["type"], *said]))


def _shown(limit: str | float) -> str:
    return limit if isinstance(limit, str) else f"{limit:.0f}"
