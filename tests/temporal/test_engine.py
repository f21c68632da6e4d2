"""The engine room of a worker: what can be set, what is refused, and how a worker that is told so works."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum

from process.settings import read_settings
from temporal.engine import EngineSettings
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import eventually, seller
from tests.support.settings import refusal, set_environment
from tests.support.worker_process import worker_process

SLOTS = "temporal_worker_task_slots_available"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ESIM_CACHED_WORKFLOWS": "0"}, r"ESIM_CACHED_WORKFLOWS \('0'\): .* greater than or equal to 10"),
        ({"ESIM_WORKFLOW_TASKS_AT_ONCE": "1"}, r"ESIM_WORKFLOW_TASKS_AT_ONCE \('1'\): .* greater than or equal to 2"),
        ({"ESIM_ACTIVITIES_AT_ONCE": "many"}, r"ESIM_ACTIVITIES_AT_ONCE \('many'\)"),
        ({"ESIM_POLLERS_AT_MOST": "5000"}, r"ESIM_POLLERS_AT_MOST \('5000'\): .* less than or equal to 1000"),
        ({"ESIM_MEMORY_SHARE": "80", "ESIM_CPU_SHARE": "0.9"}, r"ESIM_MEMORY_SHARE \('80'\): .* less than 1"),
        ({"ESIM_MEMORY_SHARE": "0.8"}, "ESIM_CPU_SHARE is not set: where ESIM_MEMORY_SHARE is, both have to be"),
        ({"ESIM_CPU_SHARE": "0.8"}, "ESIM_MEMORY_SHARE is not set: where ESIM_CPU_SHARE is, both have to be"),
    ],
)
def test_what_no_worker_can_run_with_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    refusal(monkeypatch, EngineSettings, variables, says)


@pytest.mark.parametrize(
    ("variables", "pollers"),
    [
        ({}, PollerBehaviorSimpleMaximum(5)),
        ({"ESIM_POLLERS_AT_MOST": "50"}, PollerBehaviorAutoscaling(minimum=1, maximum=50, initial=5)),
        ({"ESIM_POLLERS_AT_MOST": "2"}, PollerBehaviorAutoscaling(minimum=1, maximum=2, initial=2)),
    ],
)
def test_pollers_are_five_or_as_many_as_the_server_finds_useful(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], pollers: Any
) -> None:
    set_environment(monkeypatch, variables)
    engine = read_settings(EngineSettings).engine()
    assert engine["workflow_task_poller_behavior"] == engine["activity_task_poller_behavior"] == pollers


SMALL = {"ESIM_CACHED_WORKFLOWS": "10", "ESIM_WORKFLOW_TASKS_AT_ONCE": "2", "ESIM_ACTIVITIES_AT_ONCE": "3"}
BY_THE_MACHINE = {"ESIM_MEMORY_SHARE": "0.99", "ESIM_CPU_SHARE": "1", "ESIM_POLLERS_AT_MOST": "20"}


@pytest.mark.parametrize("variables", [SMALL, BY_THE_MACHINE], ids=["small", "by the machine"])
async def test_a_worker_that_is_set_so_sells(client: Client, variables: dict[str, str]) -> None:
    port = free_port()
    async with (
        seller(client, esims=4) as shop,
        worker_process(shop, False, **variables, METRICS_ADDRESS=f"127.0.0.1:{port}"),
    ):
        sold = await asyncio.wait_for(asyncio.gather(*(shop.sell() for _ in range(4))), 100)
        assert len({esim.endpoint_id for esim in sold}) == 4
        shown = await asyncio.to_thread(Scrape, port)
        assert shown.total("temporal_sticky_cache_size") >= 4
        if variables is SMALL:

            async def all_free() -> bool:
                scrape = await asyncio.to_thread(Scrape, port)
                free = {
                    kind: scrape.total(SLOTS, task_queue=shop.task_queue, worker_type=f"{kind}Worker")
                    for kind in ("Workflow", "Activity")
                }
                return free == {"Workflow": 2, "Activity": 3}

            await eventually(all_free)
