"""Purchases that wait for people are found by their step, and counted."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from contract.purchase import PlanAmendment
from contract.search_attributes import PURCHASE_STEP
from observability.shared_gauges import SharedGauges
from seller.client import SellerClient
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import Run, Seller, eventually, seller


@pytest.fixture
async def empty_shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=0) as shop, shop.working():
        yield shop


async def marks(run: Run) -> int:
    """How often the run changed how its step is shown."""
    return len(
        [
            event
            async for event in run.fetch_history_events()
            if event.event_type == EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
            and PURCHASE_STEP.name
            in event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        ]
    )


async def visible_step(run: Run) -> str | None:
    return (await run.describe()).typed_search_attributes.get(PURCHASE_STEP)


async def test_every_purchase_that_waits_is_counted_and_no_other(empty_shop: Seller) -> None:
    shop = empty_shop
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    gauges = SharedGauges(shop.client, runtime.metric_meter, shop.task_queue, every_seconds=0.1)
    counting = asyncio.create_task(gauges.keep_showing())

    async def shown(stock: int, attention: int) -> None:
        async def is_shown() -> bool:
            found = await asyncio.to_thread(Scrape, port)
            steps = {s.labels["step"]: s.value for s in found.samples("esim_purchases_waiting")}
            return steps == {"waiting_for_stock": stock, "needs_attention": attention}

        await eventually(is_shown)

    await shown(0, 0)
    refused = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    for run in (refused, sold := await shop.start()):
        await shop.reaches(run, "waiting_for_stock")
    await shown(2, 0)
    shop.platform.add_esims(2)
    await shop.reaches(refused, "needs_attention")
    await shown(0, 1)
    assert await visible_step(refused) == "needs_attention"
    await sold.result()
    assert await visible_step(sold) == "completed"
    await refused.execute_update("amend_plan", PlanAmendment(product="Daily", plan_id="PLAN-WAKANDA-DAILY"))
    await refused.result()
    await shown(0, 0)
    counting.cancel()


async def test_a_terminated_subscription_is_counted_until_it_is_restored(shop: Seller) -> None:
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    gauges = SharedGauges(shop.client, runtime.metric_meter, shop.task_queue, every_seconds=0.1)
    counting = asyncio.create_task(gauges.keep_showing())

    async def shown(number: int) -> None:
        async def is_shown() -> bool:
            found = await asyncio.to_thread(Scrape, port)
            return [sample.value for sample in found.samples("esim_subscriptions_ended_outside")] == [number]

        await eventually(is_shown)

    first, second = [(await shop.sell()).endpoint_id for _ in range(2)]
    await shown(0)
    for endpoint_id in (first, second):
        await shop.run_of(endpoint_id).terminate("by mistake")
    await shown(2)
    await SellerClient(shop.client, shop.task_queue).restore(first)
    await shown(1)
    counting.cancel()


async def test_a_sale_that_never_waits_costs_nothing_extra(open_shop: Seller) -> None:
    run = await open_shop.start()
    await run.result()
    assert await visible_step(run) is None
    assert await marks(run) == 0


async def test_a_count_that_fails_is_logged_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    gone = await Client.connect("127.0.0.1:1", lazy=True)
    gauges = SharedGauges(gone, MetricMeter.noop, "queue's", every_seconds=0)
    caplog.set_level(logging.WARNING, "worker")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(gauges.keep_showing(), 0.5)
    assert len([record for record in caplog.records if record.name == "worker"]) == 1
