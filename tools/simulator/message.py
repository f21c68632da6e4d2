"""What a caller sent: the query and the JSON body, read as strictly as the wire is known."""

import json

from starlette.requests import Request

from tools.simulator.answer import Json


class BadRequest(Exception):
    """The message cannot be understood. Says which part of it; nothing has changed."""


class Message:
    """The query and the body of one call. Ids are taken as text or as numbers, and returned as text."""

    def __init__(self, query: dict[str, str], body: Json) -> None:
        self._query = query
        self._body = body

    def query(self, name: str) -> str | None:
        """A query parameter; None if it is absent."""
        return self._query.get(name)

    def count(self, name: str, default: int) -> int:
        """A query parameter that counts from 1. Raises BadRequest if it does not."""
        text = self._query.get(name, str(default))
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
            raise BadRequest(f"{name} must be a number from 1")
        return int(text)

    def text(self, *path: str) -> str:
        """The text or number at that path of the body. Raises BadRequest if there is none."""
        return _text(self._at(path), path)

    def texts(self, *path: str) -> list[str]:
        """The texts or numbers listed at that path; empty if absent. Raises BadRequest for anything else."""
        values = self._at(path)
        if values is None:
            return []
        if not isinstance(values, list):
            raise BadRequest(f"{'.'.join(path)} must be a list")
        return [_text(value, path) for value in values]

    def _at(self, path: tuple[str, ...]) -> object:
        value: object = self._body
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


async def message_of(request: Request) -> Message:
    """Read the whole request. Raises BadRequest if a header is missing or the body is no JSON object."""
    for name, value in (("Content-Type", "application/json"), ("X-Requested-With", "XMLHttpRequest")):
        if request.headers.get(name, "").partition(";")[0] != value:
            raise BadRequest(f"the header {name}: {value} is missing")
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    return Message(dict(request.query_params), body)


def _text(value: object, path: tuple[str, ...]) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise BadRequest(f"{'.'.join(path)} must be a text or a number")
    return str(value)
