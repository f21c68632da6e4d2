"""An SFT made of a bare socket, for what a web server cannot be made to do: it logs in, the rest is the test's."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

ACCESS = "eyJhbGciOiJIUzI1NiJ9.eyJhY2Nlc3MiOjF9.c2lnbmF0dXJl"
REFRESH = "eyJhbGciOiJIUzI1NiJ9.eyJyZWZyZXNoIjoxfQ.c2lnbmF0dXJl"


@dataclass(frozen=True)
class RawRequest:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def call(self) -> str:
        return self.target.removeprefix("/api/").partition("?")[0]

    @property
    def json(self) -> object:
        return json.loads(self.body)

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


Handler = Callable[[RawRequest, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawSft:
    """``handler`` gets every request but logins, or those too; it writes what it likes, and may close."""

    handler: Handler
    logs_in: bool = True
    base_url: str = ""
    requests: list[RawRequest] = field(default_factory=list)
    connections: int = 0
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def has_been_asked(self, times: int = 1) -> None:
        """Wait until so many requests have arrived."""
        async with asyncio.timeout(60), self.arrival:
            await self.arrival.wait_for(lambda: len(self.requests) >= times)

    def calls(self, name: str) -> int:
        return sum(request.call == name for request in self.requests)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                request = await _request(reader)
                async with self.arrival:
                    self.requests.append(request)
                    self.arrival.notify_all()
                if self.logs_in and request.call == "login":
                    writer.write(answer({"AccessToken": ACCESS, "RefreshToken": REFRESH}))
                else:
                    await self.handler(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> RawRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = [(key, value) for key, _, value in (line.partition(": ") for line in head[1:] if line)]
    length = next((int(value) for key, value in headers if key.lower() == "content-length"), 0)
    return RawRequest(method, target, headers, await reader.readexactly(length))


@asynccontextmanager
async def raw_sft(
    handler: Handler, *, logs_in: bool = True, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawSft]:
    """Serve on loopback; what is still held when the test is over is cut off."""
    sft = RawSft(handler, logs_in)
    held: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        held.add(task)
        try:
            await sft.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            held.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    scheme = "http" if tls is None else "https"
    sft.base_url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
    try:
        yield sft
    finally:
        server.close()
        for task in list(held):
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """An HTTP answer: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def answering(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    """A handler that has the same answer for every request."""

    async def handler(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, status, headers))

    return handler


def reset(writer: asyncio.StreamWriter) -> None:
    """Cut the connection with a TCP reset."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def success(**response: object) -> dict[str, object]:
    """An envelope with outer code 0."""
    return {"Response": {"resultCode": "0", **response}}


def failure(code: object, description: str = "", **response: object) -> dict[str, object]:
    """An envelope with outer code 1 and an inner one."""
    param = {"resultCode": code, "resultDescription": description}
    return {"Response": {"resultCode": "1", "resultParam": param, **response}}
