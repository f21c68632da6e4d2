from collections.abc import AsyncIterator, Iterator

import pytest

from sft.client import SftClient
from tests.support.sft_account import client_of
from tools.simulator.platform import Platform


@pytest.fixture(scope="session", autouse=True)
def _environment_of_no_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            environment.delenv(name, raising=False)
            environment.delenv(name.upper(), raising=False)
        yield


@pytest.fixture
def platform() -> Platform:
    return Platform(esims=3, plan_shape="alternating")


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[SftClient]:
    async with client_of(base_url) as client:
        yield client
