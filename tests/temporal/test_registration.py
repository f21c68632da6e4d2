"""A namespace that is not prepared: the worker says which command to run, and the command does it."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from contract.search_attributes import SEARCH_ATTRIBUTES
from tests.support.local_server import local_server
from tests.support.seller import eventually
from tests.support.terminal import Finished
from tests.support.worker_process import ended_worker


@pytest.fixture
async def unprepared() -> AsyncIterator[Client]:
    """A client of a server that does not know our search attributes."""
    async with local_server(search_attributes=()) as client:
        yield client


async def worker(client: Client, *arguments: str) -> Finished:
    return await ended_worker(
        *arguments,
        TEMPORAL_ADDRESS=client.service_client.config.target_host,
        SFT_USERNAME="demo",
        SFT_PASSWORD="demo-password",
        SFT_BASE_URL="http://127.0.0.1:1/api",
    )


async def test_a_worker_in_an_unprepared_namespace_says_which_command_prepares_it(unprepared: Client) -> None:
    ended = await worker(unprepared)
    assert ended.code == 1
    [line] = ended.errors.splitlines()
    for key in SEARCH_ATTRIBUTES:
        assert key.name in line
    assert "python worker.py --register-search-attributes" in line
    registered = await worker(unprepared, "--register-search-attributes")
    assert (registered.code, registered.errors) == (0, "")
    assert registered.output == f"Registered: {', '.join(key.name for key in SEARCH_ATTRIBUTES)}\n"

    async def prepared() -> bool:
        return (
            await worker(unprepared, "--register-search-attributes")
        ).output == "All search attributes are registered\n"

    await eventually(prepared)


async def test_an_argument_that_the_worker_does_not_know_is_refused() -> None:
    ended = await ended_worker("--register")
    assert ended.code == 2
    [line] = ended.errors.splitlines()
    assert "--register" in line
