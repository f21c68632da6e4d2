"""Whether a worker is alive and ready, over HTTP, for whoever starts and stops it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from process.address import Address
from process.server import serving, site

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
        """Answers on that address, in this event loop. Raises CannotListen if it cannot be had."""
        routes = [Route("/ready", self._ready), Route("/live", self._live)]
        async with serving(site(routes), address.listener_for("READINESS_ADDRESS")):
            yield

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
