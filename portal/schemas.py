"""The contract as JSON Schema, for who reads it with a program: /schemas/ lists the documents, for anybody."""

import json
from typing import Final

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from contract.schemas import documents
from portal.made_once import made_once

MEDIA: Final = "application/schema+json"


@made_once
def _texts() -> dict[str, str]:
    return {path: json.dumps(document) for path, document in documents().items()}


def router() -> APIRouter:
    """The documents, as docs/schemas/ has them."""
    routes = APIRouter()

    @routes.get("/schemas/")
    def schemas() -> Response:
        return Response(_texts()["index.json"], media_type="application/json")

    @routes.get("/schemas/{name}")
    def schema(name: str) -> Response:
        return _document(name)

    @routes.get("/schemas/events/{name}")
    def event_schema(name: str) -> Response:
        return _document(f"events/{name}")

    return routes


def _document(path: str) -> Response:
    if (text := _texts().get(path)) is None:
        raise HTTPException(404)
    return Response(text, media_type=MEDIA)
