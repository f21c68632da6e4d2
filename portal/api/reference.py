"""The API's description as a page for people: /docs."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from portal.api.problems import MEANINGS
from portal.pages.look import templates


def router(api: FastAPI) -> APIRouter:
    """The page. It is made here, of nothing but HTML: what others make such pages with needs a looser policy."""
    routes = APIRouter()
    pages = templates()
    pages.env.filters["kind"] = kind

    @routes.get("/docs")
    def reference(request: Request) -> Response:
        described = api.openapi()
        calls = [(path, method, call) for path, item in described["paths"].items() for method, call in item.items()]
        return pages.TemplateResponse(
            request, "reference.html", {"api": described, "calls": calls, "meanings": MEANINGS}
        )

    return routes


def kind(schema: dict[str, Any]) -> str:
    """What a value has to be, in words."""
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema["type"] == "array":
        return f"a list of {kind(schema['items'])}"
    limits = {"format": "a", "minimum": "at least", "maximum": "at most", "maxLength": "at most", "pattern": "matching"}
    said = [f"{words} {_shown(schema[limit])}" for limit, words in limits.items() if limit in schema]
    return ", ".join([schema["type"], *said])


def _shown(limit: str | float) -> str:
    return limit if isinstance(limit, str) else f"{limit:.0f}"
