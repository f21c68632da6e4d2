from collections.abc import AsyncIterator, Iterator

import pytest

from sft.client import SftClient
from simulator.platform import Platform
from simulator.server import serving
from tests.sft.account import client_of


@pytest.fixture(scope="session", autouse=True)
def _few_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Reading the world's certificate authorities takes every client longer than most tests last.
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("SSL_CERT_FILE", raising=False)
        environment.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("no-certificates")))
        yield


@pytest.fixture
def platform() -> Platform:
    return Platform(esims=3, plan_shape="alternating")


@pytest.fixture
async def base_url(platform: Platform) -> AsyncIterator[str]:
    async with serving(platform) as url:
        yield url


@pytest.fixture
async def client(base_url: str) -> AsyncIterator[SftClient]:
    async with client_of(base_url) as client:
        yield client
