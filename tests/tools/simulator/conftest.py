from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.sft_caller import HEADERS, Caller
from tools.simulator.platform import Platform


@pytest.fixture
async def stranger(base_url: str) -> AsyncIterator[Caller]:
    """A caller who has not logged in."""
    async with httpx.AsyncClient(base_url=base_url, headers=HEADERS, timeout=60) as http:
        yield Caller(http)


@pytest.fixture
async def caller(stranger: Caller, platform: Platform) -> Caller:
    await stranger.login()
    platform.log.clear()
    platform.calls.clear()
    return stranger


@pytest.fixture
async def control(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url.removesuffix("/api") + "/simulator", timeout=60) as http:
        yield http
