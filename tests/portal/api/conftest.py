from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from tests.support.seller import Seller, seller


@pytest.fixture(scope="module")
async def open_shop(client: Client) -> AsyncIterator[Seller]:
    """A seller with a worker that runs, and with stock for all tests of a module."""
    async with seller(client, esims=60) as shop, shop.working():
        yield shop
