"""Traces for an OpenTelemetry collector: on where the environment names one, by OpenTelemetry's own variables."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx

from sft.way_out import NoWayOut, proxy_to

if TYPE_CHECKING:
    from observability.run_tracing import RunTracing

SWITCHES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

LAST_SECONDS: Final = 5.0
"""How long a collector is given for the last traces of a worker that stops."""


class CannotTrace(Exception):
    """Traces are asked for and cannot be sent. The message says what to do."""


@asynccontextmanager
async def traced() -> AsyncIterator[list["RunTracing"]]:
    """The interceptors that a client needs for its workers' workflows and activities to be traced; none if that is off.

    What was traced in the block is sent before it is left, if the collector takes it.

    Raises:
        CannotTrace: if traces are asked for and the packages that send them are not installed, or there is no way to
            the collector.
    """
    switch = next((name for name in SWITCHES if os.environ.get(name)), None)
    if switch is None:
        yield []
        return
    _check_way(switch)
    try:
        # Only here: a worker that sends no traces needs none of these packages installed.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from observability.run_tracing import RunTracing
    except ImportError:
        raise CannotTrace(
            f"{switch} is set, and the packages for tracing are missing: pip install -r requirements/tracing.txt, "
            f"or unset {switch}"
        ) from None
    service = os.environ.get("OTEL_SERVICE_NAME") or "esim-worker"
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    # Not OpenTelemetryPlugin: a subscription's span would only be sent when the subscription ends, in months.
    try:
        yield [RunTracing(provider.get_tracer("esim"))]
    finally:
        sending = threading.Thread(target=provider.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, LAST_SECONDS)


def _check_way(switch: str) -> None:
    """Without it, a proxy that cannot be used is a traceback in the log every few seconds."""
    try:
        proxy_to(os.environ[switch].strip())
    except NoWayOut as why:
        raise CannotTrace(str(why)) from None
    except httpx.InvalidURL:
        raise CannotTrace(f"{switch} is not the address of a collector, such as http://127.0.0.1:4318") from None
