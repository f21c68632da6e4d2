import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from contract.search_attributes import SEARCH_ATTRIBUTES
from temporal.data_converter import data_converter


@pytest.fixture(scope="module")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server that skips the time in which nothing happens."""
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
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("workflows.next_run.FULL_HISTORY", 50_000)
            yield environment


@pytest.fixture
def exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come just when the table says, and not sooner by some percent that an endpoint's id decides."""
    monkeypatch.setattr("workflows.cadence.JITTER", 0)
