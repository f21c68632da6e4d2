"""A real Temporal server, a seller of its own for each test, and a terminal to run starter.py in."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.seller import Seller, seller
from tests.terminal import Terminal
from workflows.intake import data_converter


@pytest.fixture(scope="session")
async def client() -> AsyncIterator[Client]:
    server = str(Path(sys.executable).parent / "temporal")
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=server, dev_server_log_level="error", data_converter=data_converter
    ) as environment:
        yield environment.client


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client) as shop, shop.working():
        yield shop


@pytest.fixture
def terminal(shop: Seller) -> Terminal:
    return terminal_of(shop)


def terminal_of(shop: Seller) -> Terminal:
    """A terminal of this seller's portal."""
    return Terminal(
        {
            "TEMPORAL_ADDRESS": shop.client.service_client.config.target_host,
            "ESIM_TASK_QUEUE": shop.task_queue,
        }
    )
