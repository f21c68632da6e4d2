"""The way to a Temporal server, which can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Cable:
    """Whoever connects to ``address`` talks to the server, until it is cut."""

    server: str
    address: str = ""
    _ends: list[asyncio.StreamWriter] = field(default_factory=list)
    _is_cut: bool = False

    def cut(self) -> None:
        """Breaks every connection, and refuses new ones."""
        self._is_cut = True
        for end in self._ends:
            end.close()

    def mend(self) -> None:
        """Takes connections again."""
        self._is_cut = False

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        host, _, port = self.server.partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, port)
        self._ends += [writer, far_writer]
        await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))


@asynccontextmanager
async def cable(server: str) -> AsyncIterator[Cable]:
    """A cable to the server at this host and port, cut at the end of the block."""
    laid = Cable(server)
    entrance = await asyncio.start_server(laid.enter, "127.0.0.1", 0)
    laid.address = f"127.0.0.1:{entrance.sockets[0].getsockname()[1]}"
    try:
        yield laid
    finally:
        entrance.close()
        laid.cut()


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what comes, until no more comes or goes."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
