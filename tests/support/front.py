"""What stands before a Temporal server: it ends TLS, may demand client certificates, and may demand an API key."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.cable import pipe

PREFACE = 24
HEADERS = 1
TEN = "012aceiost"
"""The characters whose Huffman code in HTTP/2 headers is their place in this row, in 5 bits (RFC 7541, appendix B)."""
OTHERS = {" ": "010100", "r": "101100", "B": "1011101"}


@asynccontextmanager
async def front(
    server: str, *, tls: ssl.SSLContext | None = None, api_key: str | None = None, refusal: tuple[int, str] = (16, "")
) -> AsyncIterator[str]:
    """The address of a way to ``server``. Without the key, the first call is refused with a gRPC status and message."""

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            first = b""
            if api_key is not None:
                first, stream, headers = await _first_call(reader)
                if huffman(f"Bearer {api_key}") not in headers:
                    writer.write(_refused(stream, *refusal))
                    await reader.read()
                    return
            host, _, port = server.partition(":")
            far_reader, far_writer = await asyncio.open_connection(host, port)
            far_writer.write(first)
            await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))
        writer.close()

    entrance = await asyncio.start_server(enter, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"127.0.0.1:{entrance.sockets[0].getsockname()[1]}"
    finally:
        entrance.close()


def huffman(text: str) -> bytes:
    """All whole octets of the text as HTTP/2 headers have it; it may consist of the characters above."""
    bits = "".join(OTHERS.get(letter) or f"{TEN.index(letter):05b}" for letter in text)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))


async def _first_call(reader: asyncio.StreamReader) -> tuple[bytes, int, bytes]:
    """Everything up to the first HEADERS frame, the number of its stream, and its content."""
    read, kind, stream, content = await reader.readexactly(PREFACE), None, 0, b""
    while kind != HEADERS:
        head = await reader.readexactly(9)
        kind, stream = head[3], struct.unpack(">I", head[5:])[0]
        content = await reader.readexactly(int.from_bytes(head[:3]))
        read += head + content
    return read, stream, content


def _refused(stream: int, status: int, message: str) -> bytes:
    block = b"\x88"  # :status 200
    fields = {"content-type": "application/grpc", "grpc-status": str(status), "grpc-message": message}
    for name, value in fields.items():
        block += bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
    ends_headers_and_stream = b"\x05"
    settings = b"\0\0\0\x04\0\0\0\0\0"
    head = len(block).to_bytes(3) + bytes([HEADERS]) + ends_headers_and_stream + struct.pack(">I", stream)
    return settings + head + block
