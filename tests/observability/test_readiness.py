"""A worker says whether it is ready, and why if it is not."""

import asyncio
import uuid

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client

from observability.metrics import Metrics
from observability.readiness import Readiness
from process.address import Address, CannotListen
from sft_check.client import sft_client
from tests.support.cable import cable
from tests.support.ports import free_port
from worker import WorkerSettings, ceiling_of, workers


async def ask(readiness: Readiness, path: str = "/ready") -> tuple[int, dict[str, object]]:
    address = Address("127.0.0.1", free_port())
    async with readiness.answering(address), httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://{address}{path}")
        return answer.status_code, answer.json()


async def test_a_worker_that_does_not_poll_a_queue_is_alive_but_not_ready(client: Client) -> None:
    queue = f"idle-{uuid.uuid4()}"
    settings = WorkerSettings(esim_task_queue=queue, sft_username="demo", sft_password=SecretStr("demo-password"))
    async with sft_client(settings) as sft:
        [first, events, looks] = workers(client, sft, None, settings, ceiling_of(client, settings))
        async with events, looks:
            readiness = Readiness(client, [first, events, looks], asyncio.Event())
            reason = f"The worker does not poll task queue {queue}."
            assert await ask(readiness) == (503, {"ready": False, "reason": reason})
            assert await ask(readiness, "/live") == (200, {"live": True})


async def test_a_worker_whose_temporal_is_gone_is_not_ready(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    async with cable(client.service_client.config.target_host) as way:
        settings = WorkerSettings(sft_username="demo", sft_password=SecretStr("demo-password"))
        far = await Client.connect(way.address, runtime=Metrics(settings).runtime)
        readiness = Readiness(far, [], asyncio.Event())
        assert await ask(readiness) == (200, {"ready": True})
        way.cut()
        status, answer = await ask(readiness)
    assert status == 503
    with pytest.raises(TimeoutError):  # meanwhile, what the SDK's core has to say about it is in Python's log
        await asyncio.wait_for(far.count_workflows(""), 3)
    assert "temporalio.core" in {record.name for record in caplog.records}
    assert "Temporal does not answer" in str(answer["reason"])


async def test_a_worker_that_is_stopping_is_not_ready(client: Client) -> None:
    stop = asyncio.Event()
    assert await ask(Readiness(client, [], stop)) == (200, {"ready": True})
    stop.set()
    assert await ask(Readiness(client, [], stop)) == (503, {"ready": False, "reason": "The worker is stopping."})


async def test_an_address_that_is_taken_is_named_in_one_sentence(client: Client) -> None:
    address = Address("127.0.0.1", free_port())
    readiness = Readiness(client, [], asyncio.Event())
    async with readiness.answering(address):
        with pytest.raises(CannotListen, match=rf"^READINESS_ADDRESS: cannot listen on {address} \(.*in use.*\); set"):
            async with readiness.answering(address):
                pass
