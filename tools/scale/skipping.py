"""Temporal's test server, which skips the time in which nothing happens, and the product's worker on it."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import workflows.next_run
from contract.search_attributes import SEARCH_ATTRIBUTES
from temporal.ceiling import Ceiling
from temporal.data_converter import data_converter
from temporal.login_gate import TemporalLoginGate
from tools.scale.traveler import Travelers
from worker import WorkerSettings, sft_client, workers

SERVER_STARTS: timedelta = timedelta(seconds=60)

LONGER: int = 50_000
"""Events after which a run that watches continues as new here. Where an activity waits in a run that does, this server
lets no time pass any more. So what it costs to go on after 80 events is no part of a month here: one action each."""


@asynccontextmanager
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The server, for as long as the block lasts."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(Path(sys.executable).with_name("temporal-test-server")),
        test_server_startup_timeout=SERVER_STARTS,
        data_converter=data_converter,
    ) as environment:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        attributes = {key.name: keyword for key in SEARCH_ATTRIBUTES}
        request = AddSearchAttributesRequest(namespace="default", search_attributes=attributes)
        await environment.client.operator_service.add_search_attributes(request)
        usual = workflows.next_run.FULL_HISTORY
        setattr(workflows.next_run, "FULL_HISTORY", LONGER)  # noqa: B010  # it is final for all but this server
        try:
            yield environment
        finally:
            setattr(workflows.next_run, "FULL_HISTORY", usual)  # noqa: B010


@asynccontextmanager
async def working(
    environment: WorkflowEnvironment, task_queue: str, travelers: Travelers, variables: Mapping[str, object]
) -> AsyncIterator[Client]:
    """The product's worker in this process, and a client of its own that starts what it works on."""
    named = {name.lower(): value for name, value in variables.items()}
    settings = WorkerSettings.model_validate({**named, "esim_task_queue": task_queue})
    address = environment.client.service_client.config.target_host
    client = await Client.connect(address, data_converter=data_converter, interceptors=[travelers])
    ceiling = Ceiling(client, task_queue, None)
    async with AsyncExitStack() as stack:
        sft = await stack.enter_async_context(sft_client(settings, login_gate=TemporalLoginGate(client)))
        webhook = settings.webhook()
        if webhook:
            await stack.enter_async_context(webhook)
        await ceiling.agree()
        for worker in workers(client, sft, webhook, settings, ceiling):
            await stack.enter_async_context(worker)
        yield client
