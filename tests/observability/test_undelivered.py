"""What a portal and a mail server do not take is counted, by who they are."""

import asyncio

import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.testing import ActivityEnvironment

from activities.events import EventActivities
from activities.messages import Notice
from delivery.mailer import Mailer
from delivery.webhook import Webhook
from observability.undelivered import undelivered
from tests.support.addon_events import event
from tests.support.event_receiver import SECRET
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port


async def test_what_is_not_taken_is_counted_by_host_from_zero() -> None:
    port, nobody = free_port(), free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    client = await Client.connect("127.0.0.1:1", lazy=True, runtime=runtime, identity="7@w1")
    mailer = Mailer(SecretStr(f"smtp://localhost:{nobody}"), "esim@shop.example")
    async with Webhook(SecretStr(f"http://127.0.0.1:{nobody}/events"), SECRET) as webhook:
        activities = EventActivities(webhook, mailer, undelivered(client, "esim", webhook, mailer))
        assert await counted(port) == {
            ("127.0.0.1", "later"): 0,
            ("localhost", "later"): 0,
            ("localhost", "operator"): 0,
            ("localhost", "refused"): 0,
        }
        with pytest.raises(ApplicationError):
            await ActivityEnvironment().run(activities.post_event, event())
        notice = Notice(email="traveler@example.com", event=event())
        for _ in range(2):
            with pytest.raises(ApplicationError):
                await ActivityEnvironment().run(activities.send_notice, notice)
        with pytest.raises(ApplicationError):
            await ActivityEnvironment().run(activities.send_notice, notice.model_copy(update={"email": "nobody"}))
    assert await counted(port) == {
        ("127.0.0.1", "later"): 1,
        ("localhost", "later"): 2,
        ("localhost", "operator"): 0,
        ("localhost", "refused"): 1,
    }


async def counted(port: int) -> dict[tuple[str, str], float]:
    samples = list((await asyncio.to_thread(Scrape, port)).samples("esim_not_taken_total"))
    samples = samples or list((await asyncio.to_thread(Scrape, port)).samples("esim_not_taken"))
    assert {(sample.labels["worker"], sample.labels["queue"]) for sample in samples} == {("7@w1", "esim")}
    return {(sample.labels["host"], sample.labels["outcome"]): sample.value for sample in samples}
