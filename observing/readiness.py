"""Whether a worker is alive and ready, over HTTP, for whoever starts and stops it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from observing.address import Address

LIMIT: Final = timedelta(seconds=2)
"""How long Temporal may take to answer: whoever asks for readiness does not wait for long."""


class Readiness:
    """Answers GET /ready and GET /live. It is not ready once ``stop`` is set."""

    def __init__(self, client: Client, workers: Sequence[Worker], stop: asyncio.Event) -> None:
        self._client = client
        self._workers = workers
        self._stop = stop

    @asynccontextmanager
    async def answering(self, address: Address) -> AsyncIterator[None]:
        """Answers on that address, in this event loop. Raises CannotListen if it can not be had."""
        routes = [Route("/ready", self._ready), Route("/live", self._live)]
        config = uvicorn.Config(
            Starlette(routes=routes),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
        )
        config.load()
        # Not uvicorn's serve(), which takes over the signals of the process.
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[_listener(address)])
        beat = asyncio.create_task(server.main_loop())
        try:
            yield
        finally:
            server.should_exit = server.force_exit = True
            await beat
            await server.shutdown()

    async def _live(self, _: Request) -> JSONResponse:
        return JSONResponse({"live": True})

    async def _ready(self, _: Request) -> JSONResponse:
        reason = await self._reason()
        return JSONResponse({"ready": False, "reason": reason}, 503) if reason else JSONResponse({"ready": True})

    async def _reason(self) -> str | None:
        """Why it is not ready."""
        if self._stop.is_set():
            return "The worker is stopping."
        for worker in self._workers:
            if not worker.is_running:
                return f"The worker does not poll task queue {worker.task_queue}."
        try:
            if await self._client.service_client.check_health(timeout=LIMIT):
                return None
            return "Temporal says that it does not serve."
        except RPCError as error:
            return f"Temporal does not answer ({error.status.name})."


def _listener(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets that name TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise address.refused("READINESS_ADDRESS", error.strerror or "it is not to be had") from None
    return listener
