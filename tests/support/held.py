"""Connections that somebody holds who wants to keep a server from others."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Held:
    """Connections to one address, each of which was sent the same."""

    readers: Sequence[asyncio.StreamReader]
    writers: Sequence[asyncio.StreamWriter]

    async def trickle(self, letter: bytes, pause: float) -> None:
        """Sends a letter a time on each, until it is cancelled or all are cut off."""
        while not all(writer.is_closing() for writer in self.writers):
            for writer in self.writers:
                writer.write(letter)
            await asyncio.sleep(pause)

    async def cut_off_within(self, seconds: float) -> float:
        """After how long the last of them is cut off; raises TimeoutError if one is not. Then lets go of them."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*map(_end, self.readers))
        self.let_go()
        return time.monotonic() - began

    def let_go(self) -> None:
        for writer in self.writers:
            writer.close()


async def held(url: str, sent: bytes = b"", number: int = 1) -> Held:
    """So many connections to the server of this URL, with this sent on each."""
    place = urlsplit(url)
    pairs = [await asyncio.open_connection(place.hostname, place.port) for _ in range(number)]
    for _, writer in pairs:
        writer.write(sent)
    return Held([reader for reader, _ in pairs], [writer for _, writer in pairs])


async def _end(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()
