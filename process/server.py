"""An application served over HTTP in the event loop of whoever runs it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from starlette.types import ASGIApp
from uvicorn import Config, Server

GOODBYE_SECONDS: Final = 5
"""How long calls that are under way at the end have."""

KEEP_ALIVE_SECONDS: Final = 5


@asynccontextmanager
async def serving(application: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serves for as long as the block lasts; then what is under way is answered, and no more."""
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
    """A server that answers. Whoever started it shuts it down."""
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
