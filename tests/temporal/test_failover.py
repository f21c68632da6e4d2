"""A namespace that fails over: workers neither start nor go on where nobody confirmed the cluster that is active."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from temporal.failover import check_active_cluster, stopping_at_failover
from tests.support.local_server import local_server
from tests.support.seller import seller
from tests.support.worker_process import ended_worker, worker_process

ACTIVE = "active"
"""What a development server calls its only cluster."""


@pytest.fixture(scope="module")
async def replicated(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a namespace that can fail over: on a development server, only its database can make it one."""
    database = tmp_path_factory.mktemp("server") / "temporal.db"
    async with local_server(database=database):
        pass
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE namespaces SET is_global = 1 WHERE name = 'default'")
    connection.close()
    async with local_server(search_attributes=(), database=database) as client:
        yield client


async def worker(client: Client, **variables: str) -> tuple[int, list[str]]:
    credentials = {"SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password", "SFT_BASE_URL": "http://127.0.0.1:1/api"}
    address = {"TEMPORAL_ADDRESS": client.service_client.config.target_host}
    ended = await ended_worker(**address, **credentials, **variables)
    return ended.code, ended.errors.splitlines()


async def test_a_worker_does_not_start_where_another_cluster_is_active_than_was_confirmed(replicated: Client) -> None:
    code, [line] = await worker(replicated, ESIM_CONFIRMED_CLUSTER="eu-west-1")
    assert code == 1
    for words in ("active in cluster active", "ESIM_CONFIRMED_CLUSTER is eu-west-1", "After a failover"):
        assert words in line


async def test_the_cluster_that_was_confirmed_is_let_in_and_none_is_warned_about(
    replicated: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "worker")
    await check_active_cluster(replicated, ACTIVE)
    assert caplog.messages == []
    await check_active_cluster(replicated, None)
    [warning] = caplog.messages
    assert "ESIM_CONFIRMED_CLUSTER=active" in warning


async def test_a_worker_stops_when_another_cluster_becomes_active(
    replicated: Client, caplog: pytest.LogCaptureFixture
) -> None:
    stop = asyncio.Event()
    async with stopping_at_failover(replicated, "eu-west-1", stop):
        await asyncio.wait_for(stop.wait(), 10)
    assert "docs/operations.md" in caplog.text


async def test_a_worker_goes_on_where_it_was_confirmed_and_while_the_server_is_away(
    replicated: Client, client: Client
) -> None:
    gone = await Client.connect("127.0.0.1:1", lazy=True)
    stop = asyncio.Event()
    async with (
        stopping_at_failover(replicated, ACTIVE, stop, every_seconds=0.05),
        stopping_at_failover(client, "eu-west-1", stop, every_seconds=0.05),
        stopping_at_failover(gone, "eu-west-1", stop, every_seconds=0.05),
    ):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)


async def test_a_namespace_that_cannot_fail_over_is_never_refused(client: Client) -> None:
    await check_active_cluster(client, "eu-west-1")
    async with seller(client) as shop, worker_process(shop, ESIM_CONFIRMED_CLUSTER="eu-west-1"):
        assert (await asyncio.wait_for(shop.sell(), 100)).addon.status == "provisioned"
