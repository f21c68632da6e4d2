from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from sft.client import SftClient
from tools.simulator.platform import Platform
from tools.simulator.server import serving


@pytest.fixture
def platform() -> Platform:
    return Platform(esims=3)


@pytest.fixture
async def sft(platform: Platform) -> AsyncIterator[SftClient]:
    async with (
        serving(platform) as base_url,
        SftClient(base_url=base_url, username="demo", password=SecretStr("demo-password"), timeout_seconds=5) as client,
    ):
        yield client
