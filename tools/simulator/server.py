"""Serving the simulator on a real port, in the event loop that runs already."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Server

from process.address import Address
from process.server import site, started
from tools.simulator.connection import Connection
from tools.simulator.control import Control
from tools.simulator.origin import OwnOrigin
from tools.simulator.platform import Platform
from tools.simulator.wire import Wire

KEEP_ALIVE_SECONDS = 3600
"""Longer than clients keep idle connections: one closed just as it is reused is a fault nobody ordered."""


@contextlib.asynccontextmanager
async def serving(platform: Platform, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve the platform and yield the base URL of its wire. Port 0 picks a free one.

    It listens before it yields. On leaving, connections are cut and late work is abandoned, without waiting
    for either; the same platform can then be served again. Raises OSError if the address is not to be had.
    """
    listener = Address(host, port).listener()
    server = await started(quiet_when_cancelled(application(platform)), listener, Connection, KEEP_ALIVE_SECONDS)
    try:
        yield f"http://{Address(host, listener.getsockname()[1])}/api"
    finally:
        await _stop(server)
        await platform.abandon_late_work()


def application(platform: Platform) -> Starlette:
    """The wire under ``/api``, inspection and control under ``/simulator``."""
    parts = {"/api": Wire(platform).routes(), "/simulator": Control(platform).routes()}
    return site(
        [Mount(path, site(routes)) for path, routes in parts.items()],
        middleware=[Middleware(OwnOrigin)],
    )


def quiet_when_cancelled(app: ASGIApp) -> ASGIApp:
    """An application whose cancelled requests just end: uvicorn would report them as errors."""

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return quiet


async def _stop(server: Server) -> None:
    # uvicorn's own shutdown would wait for every held request.
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        if isinstance(connection, Connection):
            connection.cut()
    held = list(server.server_state.tasks)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    for listening in server.servers:
        await listening.wait_closed()
