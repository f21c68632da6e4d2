"""The simulator on a real port, in the event loop of whoever runs it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.connection import Connection
from simulator.control import Control
from simulator.platform import Platform
from simulator.wire import Wire

KEEP_ALIVE_SECONDS = 3600
"""Longer than clients keep idle connections: one closed just as it is reused is a fault nobody ordered."""


@contextlib.asynccontextmanager
async def serving(platform: Platform, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve the platform and yield the base URL of its wire. Port 0 picks a free one.

    It listens before it yields. On leaving, connections are cut and late work is abandoned, without waiting
    for either; the same platform can then be served again. Raises OSError if the address is not to be had.
    """
    listener = _listener(host, port)
    config = uvicorn.Config(
        quiet_when_cancelled(application(platform)),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield _base_url(host, listener)
    finally:
        await _stop(server)
        await platform.abandon_late_work()


def application(platform: Platform) -> Starlette:
    """The wire under ``/api``, inspection and control under ``/simulator``."""
    return Starlette(
        routes=[
            Mount("/api", routes=Wire(platform).routes()),
            Mount("/simulator", routes=Control(platform).routes()),
        ]
    )


def quiet_when_cancelled(app: ASGIApp) -> ASGIApp:
    """The same application, but cancelled requests just end: uvicorn would report them as errors."""

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return quiet


async def _stop(server: uvicorn.Server) -> None:
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


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets that name TCP: else every answer takes 40 ms longer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _base_url(host: str, listener: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/api"
