"""A worker sends its traces to a collector, if the environment names one."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.worker import Replayer

from observability.run_tracing import RunTracing
from observability.tracing import CannotTrace, traced
from process.address import Address
from process.server import serving
from temporal.data_converter import data_converter
from tests.support.seller import seller
from tests.support.worker_process import worker_process
from worker import INTERCEPTORS
from workflows.registered import WORKFLOWS


class Collector:
    """An OpenTelemetry collector: takes traces over HTTP."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[ExportTraceServiceRequest] = []

    async def take(self, request: Request) -> Response:
        self.requests.append(ExportTraceServiceRequest.FromString(await request.body()))
        return Response()

    @property
    def resources(self) -> set[tuple[str, str]]:
        found = [spans.resource.attributes for request in self.requests for spans in request.resource_spans]
        return {(attribute.key, attribute.value.string_value) for attributes in found for attribute in attributes}

    @property
    def spans(self) -> list[tuple[str, bytes]]:
        """Each with its name and its trace."""
        return [
            (span.name, span.trace_id)
            for request in self.requests
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    listener = Address("127.0.0.1", 0).listener()
    collector = Collector(listener.getsockname()[1])
    async with serving(Starlette(routes=[Route("/v1/traces", collector.take, methods=["POST"])]), listener):
        yield collector


async def test_a_sale_is_one_trace_from_the_workflow_to_its_activities_and_its_subscription(
    client: Client, collector: Collector
) -> None:
    async with seller(client) as shop:
        async with worker_process(shop, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as worker:
            run = await shop.start(shop.purchase(email="jo@example.com"))
            sold = await asyncio.wait_for(run.result(), 100)
            worker.send_signal(signal.SIGTERM)
            await asyncio.wait_for(worker.communicate(), 100)
        assert run.first_execution_run_id is not None
        trace_of_sale = bytes.fromhex(run.first_execution_run_id.replace("-", ""))
        of_sale = {name for name, trace in collector.spans if trace == trace_of_sale}
        for activity in ("find_esim", "activate_esim", "provision_addon"):
            assert f"RunActivity:{activity}" in of_sale
        assert "RunWorkflow:TravelerSubscriptionWorkflow" in of_sale
        assert ("service.name", "esim-worker") in collector.resources
        assert sold.activation_code not in str(collector.requests)
        # A worker that does not trace can go on with what one that does has begun, and the other way round.
        history = await run.fetch_history()
        for tracing in ([], await tracing_interceptors(collector)):
            interceptors = [*tracing, *INTERCEPTORS]
            replayer = Replayer(workflows=WORKFLOWS, interceptors=interceptors, data_converter=data_converter)
            await replayer.replay_workflow(history)


async def tracing_interceptors(collector: Collector) -> list[RunTracing]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with traced() as interceptors:
            return interceptors


async def test_without_a_collector_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    async with traced() as interceptors:
        assert interceptors == []


async def test_without_its_packages_a_worker_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/v1/traces")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(CannotTrace, match=r"^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set.*requirements/tracing\.txt"):
        async with traced():
            pass


@pytest.mark.parametrize(
    ("collector", "variables", "why"),
    [
        ("https://collector.example.com", {"ALL_PROXY": "socks5://127.0.0.1:1080"}, "^ALL_PROXY names a SOCKS proxy"),
        ("http://collector:port", {}, "^OTEL_EXPORTER_OTLP_ENDPOINT is not the address of a collector"),
    ],
)
async def test_without_a_way_to_the_collector_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, collector: str, variables: dict[str, str], why: str
) -> None:
    for name, value in {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, **variables}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CannotTrace, match=why):
        async with traced():
            pass
