"""A real Temporal server on which histories are short, so that a test can see many of them."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from contract.search_attributes import SEARCH_ATTRIBUTES
from temporal.data_converter import data_converter
from tools.chaos.forces.forgetting import QUICK_DELETION


@asynccontextmanager
async def short_histories(events: int) -> AsyncIterator[Client]:
    """A client of a server of its own, which suggests to continue as new after so many events and lets it at once."""
    async with _configured(f"limit.historyCount.suggestContinueAsNew={events}") as client:
        yield client


@asynccontextmanager
async def few_updates(in_all: int) -> AsyncIterator[Client]:
    """A client of a server of its own, which takes so many updates in a run and suggests to continue as new before."""
    async with _configured(f"history.maxTotalUpdates={in_all}") as client:
        yield client


@asynccontextmanager
async def _configured(limit: str) -> AsyncIterator[Client]:
    configuration = [limit, 'history.workflowIdReuseMinimalInterval="0s"']
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_extra_args=[
            *(arg for value in configuration for arg in ("--dynamic-config-value", value)),
            *QUICK_DELETION,
        ],
        dev_server_log_level="error",
        data_converter=data_converter,
        search_attributes=SEARCH_ATTRIBUTES,
    ) as environment:
        yield environment.client
