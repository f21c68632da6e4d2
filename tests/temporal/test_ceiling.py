"""The ceiling over all workers is one, and the server keeps it: whoever disagrees does not start, or follows."""

import asyncio
import shlex
import subprocess
import time
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from temporal.ceiling import Ceiling, CeilingProblem
from tests.support.local_server import SERVER, local_server
from tests.support.seller import Seller, eventually, seller
from tests.support.worker_process import ended_worker
from tests.workflows.test_billed_actions import bill


@pytest.fixture
async def four_partitions() -> AsyncIterator[Client]:
    """A client of a server whose task queues have four partitions, as those of a cluster have."""
    async with local_server() as client:
        yield client


async def ceiling(shop: Seller, wanted: float | None) -> None:
    """What a worker does before it starts. It raises CeilingProblem where the worker would not start."""
    await Ceiling(shop.client, shop.task_queue, wanted).agree()


async def refused_worker(shop: Seller, **variables: str) -> str:
    """The one sentence with which a worker of this seller does not start."""
    ended = await ended_worker(
        TEMPORAL_ADDRESS=shop.client.service_client.config.target_host,
        ESIM_TASK_QUEUE=shop.task_queue,
        SFT_USERNAME="demo",
        SFT_PASSWORD="demo-password",
        **variables,
    )
    assert ended.code == 1
    [line] = ended.errors.splitlines()
    return line


def run_command(shop: Seller, sentence: str) -> None:
    """Runs the command that a sentence ends with, as an operator does."""
    command = shlex.split(sentence.rpartition("change what the server keeps: ")[2])
    assert command[0] == "temporal"
    address = ["--address", shop.client.service_client.config.target_host]
    subprocess.run([SERVER, *command[1:], *address], check=True, capture_output=True)


async def calls_a_second(shop: Seller, sales: int) -> float:
    """Calls to SFT while so many are sold at once, but for logins."""
    shop.platform.calls.clear()
    began = time.monotonic()
    runs = [await shop.start() for _ in range(sales)]
    await asyncio.gather(*(run.result() for run in runs))
    calls = shop.platform.calls.total() - shop.platform.calls["login"]
    return calls / (time.monotonic() - began)


@pytest.mark.parametrize(("variable", "limit"), [({}, "default"), ({"SFT_MAX_REQUESTS_PER_SECOND": "5"}, "5")])
async def test_a_worker_whose_ceiling_is_not_the_servers_says_so_and_does_not_start(
    client: Client, variable: dict[str, str], limit: str
) -> None:
    async with seller(client, sft_max_requests_per_second=3) as shop, shop.working():
        line = await refused_worker(shop, **variable)
        assert "SFT_MAX_REQUESTS_PER_SECOND" in line
        assert f"keeps a ceiling of 3 a second over all workers for task queue {shop.task_queue}" in line
        assert line.endswith(f"--queue-rps-limit {limit}")
        run_command(shop, line)
        await ceiling(shop, None if limit == "default" else float(limit))


async def test_the_first_worker_that_has_a_ceiling_sets_it(client: Client) -> None:
    async with seller(client) as shop:
        await ceiling(shop, None)
        await ceiling(shop, 3)
        await ceiling(shop, 3)
        with pytest.raises(CeilingProblem):
            await ceiling(shop, None)


async def test_a_ceiling_that_an_operator_set_is_what_a_worker_has_to_have(client: Client) -> None:
    async with seller(client) as shop:
        command = f"temporal task-queue config set --task-queue {shop.task_queue} --task-queue-type activity"
        run_command(shop, f"change what the server keeps: {command} --queue-rps-limit 0.1")
        await ceiling(shop, 0.1)  # which is no number that the server can keep exactly
        with pytest.raises(CeilingProblem, match=r"keeps a ceiling of 0.1 a second.*SFT_MAX_REQUESTS_PER_SECOND=0.1"):
            await ceiling(shop, None)
        run_command(shop, f"change what the server keeps: {command} --queue-rps-limit 0")
        with pytest.raises(CeilingProblem, match=r"keeps a ceiling of 0 a second.*: change what the server keeps"):
            await ceiling(shop, 3)


@pytest.mark.long
async def test_a_worker_that_ran_before_there_was_a_ceiling_keeps_to_it(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with seller(client, esims=8) as shop:
        shop.ceiling_look_seconds = 0.1
        async with shop.working():
            await ceiling(shop, 4)
            await eventually(lambda: said("SFT_MAX_REQUESTS_PER_SECOND is not set", caplog))
            assert await calls_a_second(shop, 6) <= 4 * 1.25


async def said(words: str, caplog: pytest.LogCaptureFixture) -> bool:
    return words in caplog.text


@pytest.mark.long
async def test_the_ceiling_holds_over_four_partitions_and_two_workers(four_partitions: Client) -> None:
    eight = seller(four_partitions, esims=12, sft_max_requests_per_second=8)
    async with eight as shop, shop.working(), shop.working():
        assert await calls_a_second(shop, 12) <= 8 * 1.25


async def test_with_a_ceiling_every_call_of_a_sale_is_an_activity_of_its_own(client: Client) -> None:
    async with seller(client, sft_max_requests_per_second=100) as shop, shop.working():
        sale = await shop.start()
        sold = await sale.result()
        calls = shop.platform.calls.total() - shop.platform.calls["login"]
        assert (await bill([sale, shop.run_of(sold.endpoint_id)]))["activity attempt"] == calls == 4
