"""Readiness, metrics and the regular count of the stock of a worker, for as long as it runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.worker import Worker

from observability.metrics import begin_at_zero
from observability.readiness import Readiness
from observability.settings import ObservedSettings
from observability.shared_gauges import SharedGauges
from observability.stock import counting_stock
from process.address import address_of

INFO: Final = "esim_worker_info"


@asynccontextmanager
async def observed(
    client: Client, workers: Sequence[Worker], settings: ObservedSettings, runtime: Runtime, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Answers for readiness, has the stock counted, and keeps the metrics up to date for as long as the block lasts.

    It is entered before the workers run and left after they have stopped.

    Raises:
        CannotListen: if READINESS_ADDRESS is in use, or not of this machine.
    """
    async with AsyncExitStack() as stack:
        if settings.readiness_address:
            readiness = Readiness(client, workers, stop)
            await stack.enter_async_context(readiness.answering(address_of(settings.readiness_address)))
        counting = counting_stock(client, runtime.metric_meter, settings.esim_task_queue)
        await stack.enter_async_context(counting)
        if settings.metrics_address:
            meter = runtime.metric_meter
            begin_at_zero(meter, client.namespace, settings.esim_task_queue)
            build = {
                "deployment": settings.temporal_deployment_name or "",
                "build": settings.temporal_worker_build_id or "",
            }
            meter.create_gauge(INFO, "The worker's deployment and build").set(1, build)
            await stack.enter_async_context(SharedGauges(client, meter, settings.esim_task_queue).shown())
        yield
