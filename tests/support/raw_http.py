"""Requests as no client would send them: byte for byte, on a connection of their own."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

SECONDS: Final = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    """0 where the connection was closed without a word."""
    headers: list[tuple[str, str]]
    """With names in lower case, in their order."""
    body: bytes
    everything: bytes

    def header(self, name: str) -> str | None:
        """The one header of this name; None if there is none."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, (name, values)
        return values[0] if values else None

    @property
    def text(self) -> str:
        """The body, readable."""
        return self.body.decode(errors="replace")


async def ask(
    url: str, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """Sends a request with this target, as it is: nothing in it is normalized or escaped."""
    given = {"Host": urlsplit(url).netloc, "Connection": "close", **(headers or {})}
    if body is not None:
        given |= {"Content-Length": str(len(body))}
    return await send(url, head(f"{method} {target} HTTP/1.1", given.items()) + (body or b""))


def head(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The head of a request."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("utf-8", "surrogateescape")


async def send(url: str, request: bytes) -> Answer:
    """Sends these bytes, and reads until nothing more comes."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(request)
        async with asyncio.timeout(SECONDS):
            everything = await _all(reader)
    finally:
        writer.close()
    lines, _, body = everything.partition(b"\r\n\r\n")
    first, *fields = lines.decode("latin-1").split("\r\n")
    status = int(first.split(" ")[1]) if everything else 0
    pairs = [field.partition(": ") for field in fields]
    return Answer(status, [(name.lower(), value) for name, _, value in pairs], body, everything)


async def _all(reader: asyncio.StreamReader) -> bytes:
    everything = b""
    try:
        while part := await reader.read(65_536):
            everything += part
    except ConnectionError:
        pass  # a server that refuses what is still being sent may cut the connection
    return everything
