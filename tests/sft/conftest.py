from collections.abc import AsyncIterator, Iterator

import pytest

from sft.client import SftClient
from simulator.platform import Platform
from simulator.server import serving
from tests.sft.account import client_of


@pytest.fixture(scope="session", autouse=True)
def _environment_of_no_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            environment.delenv(name, raising=False)
            environment.delenv(name.upper(), raising=False)
        # Reading the world's certificate authorities takes every client longer than most tests last.
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
