"""What the newest audit found is shown by every worker."""

import asyncio

import pytest
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from activities import audit
from observability.shared_gauges import SharedGauges
from temporal.newest_audit import NewestAudit
from tests.support.audits import audited
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import eventually, seller

FINDINGS = "esim_audit_findings"


async def test_the_newest_audit_is_shown_until_the_next_one_says_otherwise(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    async with seller(client) as shop, shop.working():
        newest = NewestAudit(shop.client, shop.task_queue)
        gauges = SharedGauges(shop.client, runtime.metric_meter, shop.task_queue, every_seconds=0.1)
        showing = asyncio.create_task(gauges.keep_showing())

        async def shown(active: int) -> None:
            async def is_shown() -> bool:
                scrape = await asyncio.to_thread(Scrape, port)
                found = {sample.labels["kind"]: sample.value for sample in scrape.samples(FINDINGS)}
                return bool(found) and found.pop("active_without_owner") == active and set(found.values()) == {0}

            await eventually(is_shown)

        stranger = shop.platform.endpoints[0].endpoint_id
        shop.platform.set_status(stranger, "Active")
        assert await newest.report() is None
        report = await audited(shop)
        await shown(1)
        ended = (await asyncio.to_thread(Scrape, port)).total("esim_audit_ended_timestamp_seconds")
        assert ended == pytest.approx(report.ended_at.timestamp())
        shop.platform.set_status(stranger, "Suspended")
        await audited(shop)
        await shown(0)
        showing.cancel()
