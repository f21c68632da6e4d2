"""The API key of a connection, renewed while it is in use: from the file that it came from, without a restart."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from temporalio.client import Client

from temporal.beside import beside
from temporal.client_config import api_key_file, read_cluster

LOOK_SECONDS: Final = 10.0
"""How soon a key that is renewed is taken. Whoever renews one lets the one before live for longer."""

logger = logging.getLogger("temporal")


@asynccontextmanager
async def renewing_api_key(client: Client) -> AsyncIterator[None]:
    """For as long as the block lasts, every client of this connection goes on with what is in the file of its API key
    then. Where the key is not from a file, nothing is done.

    What is no key, or cannot be read, changes nothing: the log says so.
    """
    file = api_key_file()
    if file is None or client.api_key is None:
        yield
        return
    async with beside(_follow(client, file)):
        yield


async def _follow(client: Client, file: Path) -> None:
    seen: tuple[int, ...] | None = None  # it may have changed since the key was read
    while True:
        if (now := _state(file)) != seen:
            seen = now
            _renew(client, file)
        await asyncio.sleep(LOOK_SECONDS)


def _renew(client: Client, file: Path) -> None:
    config = read_cluster()
    if isinstance(config, str):
        logger.error("The API key is not renewed: %s", config)
        return
    key = config.get("api_key")
    if key is None:
        logger.error("The API key is not renewed: %s has none", file)
    elif key != client.api_key:
        client.api_key = key
        logger.info("The API key was renewed, from %s", file)


def _state(file: Path) -> tuple[int, ...] | None:
    """What changes with the content of the file; None where it cannot be looked at."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
