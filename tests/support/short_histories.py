"""A real Temporal server on which histories are short, so that a test can see many of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client

from tests.support.local_server import configured, local_server
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
    arguments = configured(limit, 'history.workflowIdReuseMinimalInterval="0s"')
    async with local_server(*arguments, *QUICK_DELETION) as client:
        yield client
