"""A worker of the product inside this process, so that what it is given to do can be seen and counted."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic import HttpUrl, SecretStr
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from sft_check.client import sft_client
from temporal.ceiling import LOOK_SECONDS, Ceiling
from temporal.data_converter import data_converter_with
from temporal.login_gate import TemporalLoginGate
from worker import WorkerSettings, workers


def quiet_runtime() -> Runtime:
    """Of the SDK, which says nothing but errors: not what a test server lacks."""
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR"))))


def settings_for(task_queue: str, sft_address: str, **changes: Any) -> WorkerSettings:
    """The settings of a worker for the simulated SFT at this address."""
    return WorkerSettings.model_validate(
        {
            "esim_task_queue": task_queue,
            "sft_base_url": HttpUrl(sft_address),
            "sft_username": "demo",
            "sft_password": SecretStr("demo-password"),
            "sft_timeout_seconds": 2,
            "sft_slow_timeout_seconds": 2,
            "sft_settle_seconds": 1,
            "esim_shutdown_grace_seconds": 5,
        }
        | changes
    )


@asynccontextmanager
async def working(
    client: Client,
    settings: WorkerSettings,
    interceptors: Sequence[Any],
    ceiling_look_seconds: float = LOOK_SECONDS,
    runtime: Runtime | None = None,
) -> AsyncIterator[Client]:
    """Runs the worker of worker.py on the server of this client for as long as the block lasts, with these interceptors
    of its client, and so of its own. Yields that client.
    """
    async with AsyncExitStack() as stack:
        # Two workers on one task queue need a client each, as they have in two processes.
        address = client.service_client.config.target_host
        converter = data_converter_with(settings.keys())
        own = await Client.connect(address, data_converter=converter, interceptors=interceptors, runtime=runtime)
        sft = await stack.enter_async_context(sft_client(settings, login_gate=TemporalLoginGate(own)))
        if webhook := settings.webhook():
            await stack.enter_async_context(webhook)
        limit = settings.sft_max_requests_per_second
        ceiling = Ceiling(own, settings.esim_task_queue, limit, look_seconds=ceiling_look_seconds)
        await ceiling.agree()
        await stack.enter_async_context(ceiling.followed())
        for worker in workers(own, sft, webhook, settings, ceiling):
            await stack.enter_async_context(worker)
        yield own
