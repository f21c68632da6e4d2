"""Serving an ASGI application over HTTP in the event loop that runs already."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from uvicorn import Config, Server

from process.caller import telling_callers_apart
from process.connection import Connection

GOODBYE_SECONDS: Final = 5
"""How long requests that are under way at the end may still take."""

KEEP_ALIVE_SECONDS: Final = 5


@asynccontextmanager
async def serving(application: ASGIApp, listener: socket.socket, proxies: str = "") -> AsyncIterator[None]:
    """Serves the application for as long as the block lasts; then answers what is under way, and nothing more.

    Who calls through one of the ``proxies`` is who they say in X-Forwarded-For.
    """
    server = await started(application, listener, proxies=proxies)
    try:
        yield
    finally:
        await server.shutdown(sockets=[listener])


async def started(
    application: ASGIApp,
    listener: socket.socket,
    http: type[Connection] = Connection,
    keep_alive_seconds: int = KEEP_ALIVE_SECONDS,
    proxies: str = "",
) -> Server:
    """A server that answers already. The caller has to shut it down; ``serving`` does so by itself."""
    config = Config(
        telling_callers_apart(application, proxies),
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # what it warns of, anybody could fill the log with
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )
    config.load()
    # Not uvicorn's serve(), which takes over the signals of the process.
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    return server


def site(routes: Sequence[BaseRoute], **options: Any) -> Starlette:
    """An application of these routes. It sends nobody on to an address with another slash: the one that Starlette makes
    has in it what the caller says that our host is."""
    starlette = Starlette(routes=routes, **options)
    starlette.router.redirect_slashes = False
    return starlette
