"""Runs on a cluster that is given: the same load, faults and verdict, and nothing is left there."""

import re
from pathlib import Path
from typing import get_args

import pytest
from temporalio.client import Client

from tests.support.seller import eventually
from tests.support.terminal import Terminal
from tools.bench.scene import scene
from tools.chaos.site import given
from tools.chaos.verdict import Fault

SHORT = ("--quick", "--purchases", "24", "--worker-kills", "2")


def address_of(client: Client) -> str:
    return client.service_client.config.target_host


async def runs(client: Client, queue: str) -> int:
    return (await client.count_workflows(f"TaskQueue STARTS_WITH '{queue}'")).count


@pytest.mark.many
@pytest.mark.timeout(240)
async def test_chaos_on_a_cluster_that_is_given_kills_no_server_and_leaves_nothing_behind(client: Client) -> None:
    chaos = Terminal({}, program="tools/chaos/__main__.py")
    ended = await chaos.run("--address", address_of(client), *SHORT)
    assert ended.errors == ""
    counts = dict(re.findall(r"^\| (\w+) \| (\d+) \|$", ended.output, re.MULTILINE))
    assert {fault: counts[fault] for fault in get_args(Fault)} == dict.fromkeys(get_args(Fault), "0"), ended.output
    assert "worker SIGKILL" in ended.output
    assert "temporal SIGKILL" not in ended.output
    assert re.search(r"^\| eSIMs sold \| [1-9]", ended.output, re.MULTILINE)
    assert await runs(client, "chaos-") == 0


async def test_a_benchmark_on_a_cluster_that_is_given_sells_there_and_leaves_nothing_behind(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "another:7233")
    async with scene(tmp_path, given(address_of(client), "bench")) as stage:
        assert stage.server_pid == {}
        ours = await stage.ours()
        await stage.sft.stock(1)
        assert (await (await ours.start()).result()).endpoint_id
        queue = ours.task_queue
        await eventually(lambda: runs(client, queue))
    assert await runs(client, queue) == 0


async def test_a_cluster_that_cannot_be_reached_is_said_so_in_one_sentence() -> None:
    ended = await Terminal({}, program="tools/chaos/__main__.py").run("--address", "127.0.0.1:1", *SHORT)
    assert ended.code == 1
    assert ended.sentence.startswith("No Temporal server answers at 127.0.0.1:1")
