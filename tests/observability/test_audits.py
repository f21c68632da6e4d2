"""What the newest audit found is shown by every worker."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from activities import audit
from observability.shared_gauges import SharedGauges
from seller.client import SellerClient
from temporal.audit_schedule import AuditSchedule
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


async def test_until_when_the_next_audit_has_to_be_over_follows_from_its_schedule_and_the_newest(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)
    async with seller(client) as shop, shop.working():
        schedule, audits = (
            AuditSchedule(shop.client, shop.task_queue),
            SellerClient(shop.client, shop.task_queue).audits,
        )
        ended = (await audited(shop)).ended_at
        assert await schedule.due(ended) is None
        await audits.every(timedelta(hours=24))
        begun = await schedule.due(None)
        assert begun
        assert ended + timedelta(hours=48) <= begun <= datetime.now(UTC) + timedelta(hours=48)
        assert await schedule.due(ended) == begun  # since it was made, nothing was due
        later = begun + timedelta(days=3)
        assert await schedule.due(later) == later + timedelta(hours=48)
        await audits.every(timedelta(hours=1))
        assert await schedule.due(later) == later + timedelta(hours=2)
        assert await audits.never()
        assert await schedule.due(later) is None


async def test_a_schedule_is_shown_by_the_moment_at_which_its_audit_is_due(client: Client) -> None:
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    async with seller(client) as shop:
        schedule = AuditSchedule(shop.client, shop.task_queue)
        gauges = SharedGauges(shop.client, runtime.metric_meter, shop.task_queue, every_seconds=0.1)
        showing = asyncio.create_task(gauges.keep_showing())

        async def shown(moment: datetime | None) -> None:
            async def is_shown() -> bool:
                samples = (await asyncio.to_thread(Scrape, port)).samples("esim_audit_due_timestamp_seconds")
                wanted = pytest.approx(moment.timestamp() if moment else 0)
                return [sample.value for sample in samples] == [wanted]

            await eventually(is_shown)

        await shown(None)
        audits = SellerClient(shop.client, shop.task_queue).audits
        await audits.every(timedelta(days=7))
        await shown(await schedule.due(None))
        await audits.never()
        await shown(None)
        showing.cancel()
