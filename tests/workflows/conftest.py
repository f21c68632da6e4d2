from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio.testing import WorkflowEnvironment

from tools.bench import skipping as bench


@pytest.fixture(scope="module")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server that skips the time in which nothing happens."""
    async with bench.skipping() as environment:
        yield environment


@pytest.fixture
def exactly() -> Iterator[None]:
    """Looks come just when the table says, and not sooner by some percent that an endpoint's id decides."""
    with bench.exactly():
        yield
