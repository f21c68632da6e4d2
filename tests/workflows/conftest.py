"""A real Temporal server for all tests, and a seller of its own with a running worker for each."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.seller import Seller, seller
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
