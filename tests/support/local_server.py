"""Temporal's development server, for tests that need one of their own."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.testing import WorkflowEnvironment

from contract.search_attributes import SEARCH_ATTRIBUTES
from temporal.asking_again import asking_again
from temporal.data_converter import data_converter

SERVER = str(Path(sys.executable).parent / "temporal")


def configured(*limits: str) -> list[str]:
    """What a server is started with so that its dynamic configuration has these."""
    return [word for limit in limits for word in ("--dynamic-config-value", limit)]


@asynccontextmanager
async def local_server(
    *arguments: str,
    search_attributes: Sequence[SearchAttributeKey[Any]] = SEARCH_ATTRIBUTES,
    database: Path | None = None,
) -> AsyncIterator[Client]:
    """A client of a server that runs for as long as the block lasts, in memory unless a database is given.

    It asks again what a worker could not answer yet.
    """
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=SERVER,
        dev_server_extra_args=arguments,
        dev_server_database_filename=str(database) if database else None,
        dev_server_log_level="error",
        data_converter=data_converter,
        search_attributes=search_attributes,
    ) as environment:
        yield asking_again(environment.client)
