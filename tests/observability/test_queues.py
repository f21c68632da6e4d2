"""A queue with a backlog that nobody polls is shown by a worker of another seller, with who polls a similar one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker

from observability.shared_gauges import SharedGauges
from tests.support.local_server import local_server
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import Seller, eventually, seller
from workflows.stock import CountStockWorkflow


@pytest.fixture
async def looking() -> AsyncIterator[Seller]:
    """On a server where nobody else sells: its worker looks at the queues of everybody."""
    async with local_server() as client, seller(client) as shop, shop.working():
        yield shop


async def test_a_queue_that_nobody_polls_is_shown_with_who_polls_a_similar_one(looking: Seller) -> None:
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    gauges = SharedGauges(looking.client, runtime.metric_meter, looking.task_queue, every_seconds=0.1)
    showing = asyncio.create_task(gauges.keep_showing())

    async def shown() -> dict[tuple[str, str, str], float]:
        samples = (await asyncio.to_thread(Scrape, port)).samples("esim_task_queue_unattended")
        return {(s.labels["queue"], s.labels["worker"], s.labels["host"]): s.value for s in samples}

    async with seller(looking.client) as desk:
        waiting = await desk.start()

        async def stands(value: float, worker: str, host: str) -> bool:
            return (await shown()).get((desk.task_queue, worker, host)) == value

        await eventually(lambda: stands(1, "", ""))
        address = looking.client.service_client.config.target_host
        beating = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=timedelta(seconds=1))
        other = await Client.connect(address, runtime=beating, identity="4711@corporate-desk")
        async with Worker(other, task_queue=f"{desk.task_queue[:-1]}x", workflows=[CountStockWorkflow]):
            await eventually(lambda: stands(1, "4711@corporate-desk", "corporate-desk"))
            assert (await shown())[(desk.task_queue, "", "")] == 0
        async with desk.working():
            await waiting.result()
            await eventually(lambda: stands(0, "4711@corporate-desk", "corporate-desk"))
    assert (await shown())[(looking.task_queue, "", "")] == 0
    showing.cancel()
