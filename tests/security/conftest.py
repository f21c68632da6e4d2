from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from tests.support.attacked import Attacked, attacked_system


@pytest.fixture(scope="session")
async def attacked(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Attacked]:
    """The composed system, for attacks that leave it as it was if they fail."""
    async with attacked_system(client, tmp_path_factory.mktemp("attacked")) as system:
        yield system
