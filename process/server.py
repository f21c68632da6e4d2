"""Serving an ASGI application over HTTP in the event loop that runs already."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from starlette.types import ASGIApp
from uvicorn import Config, Server

GOODBYE_SECONDS: Final = 5
"""How long requests that are under way at the end may still take."""

KEEP_ALIVE_SECONDS: Final = 5


@asynccontextmanager
async def serving(application: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serves the application for as long as the block lasts; then answers what is under way, and nothing more."""
    server = await started(application, listener)
    try:
        yield
    finally:
        await server.shutdown(sockets=[listener])


async def started(
    application: ASGIApp,
    listener: socket.socket,
    http: type[asyncio.Protocol] | Literal["auto"] = "auto",
    keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
) -> Server:
    """A server that answers already. The caller has to shut it down; ``serving`` does so by itself."""
    config = Config(
        application,
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )
    config.load()
    # Not uvicorn's serve(), which takes over the signals of the process.
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    return server
