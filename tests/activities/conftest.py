from collections.abc import AsyncIterator

import pytest

from sft.client import SftClient
from tests.support.sft_account import client_of


@pytest.fixture
async def sft(base_url: str) -> AsyncIterator[SftClient]:
    async with client_of(base_url) as client:
        yield client
