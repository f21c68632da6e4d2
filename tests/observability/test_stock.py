"""The stock is counted every now and then, once for all workers, and shown as gauges."""

import asyncio
import logging

import pytest
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from observability.stock import StockWatch, counting_stock
from seller.client import SellerClient
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import Seller, eventually, seller


async def counts(shop: Seller) -> int:
    return (await shop.client.count_workflows(f"WorkflowId = 'count-stock-{shop.task_queue}'")).count


async def test_what_is_left_and_what_was_sold_is_shown_and_whether_to_order_more(client: Client) -> None:
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    async with seller(client, esims=11) as shop, shop.working():

        async def shown(available: float, sold: float, low: float) -> None:
            async def is_shown() -> bool:
                found = await asyncio.to_thread(Scrape, port)
                names = ("esim_stock_available", "esim_stock_sold", "esim_stock_low")
                values = [sample.value for name in names for sample in found.samples(name)]
                return values == [available, sold, low]  # what was sold in a week, the server does not remember

            await eventually(is_shown)

        async with counting_stock(client, runtime.metric_meter, shop.task_queue, every_seconds=0.2):
            await shown(11, 0, 0)
            await shop.sell()
            await shop.sell()
            await shown(9, 2, 1)


async def test_workers_share_one_count_and_take_what_was_counted_for_an_operator(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        await SellerClient(client, shop.task_queue).stock.count()
        watches = [StockWatch(client, MetricMeter.noop, shop.task_queue, 900) for _ in range(2)]
        looks = await asyncio.gather(*(watch.look() for watch in watches))
        assert [look.available for look in looks] == [3, 3]
        assert await counts(shop) == 1


async def test_workers_that_start_at_the_same_time_count_once(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        watches = [StockWatch(client, MetricMeter.noop, shop.task_queue, 900) for _ in range(5)]
        await asyncio.gather(*(watch.look() for watch in watches))
        assert await counts(shop) == 1


async def test_a_count_that_fails_is_logged_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    gone = await Client.connect("127.0.0.1:1", lazy=True)
    caplog.set_level(logging.WARNING, "worker")
    async with counting_stock(gone, MetricMeter.noop, "queue", every_seconds=0):
        await asyncio.sleep(0.5)
    assert len([record for record in caplog.records if record.name == "worker"]) == 1
