"""``worker.py --save-histories``: the oldest runs of each patch level, purchases and subscriptions."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.workflow import patched

from temporal.oldest_runs import save_oldest
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key
from tests.support.seller import eventually
from tests.support.worker_process import ended_worker


class Stays:
    """A run that has taken these patches, and stays as it is."""

    async def stay(self, patches: list[str]) -> None:
        for patch in patches:
            patched(patch)
        await workflow.wait_condition(lambda: False)


@workflow.defn(name="TravelerSubscriptionWorkflow")
class Subscription(Stays):
    @workflow.run
    async def run(self, patches: list[str]) -> None:
        await self.stay(patches)


@workflow.defn(name="ProvisionEsimWorkflow")
class Purchase(Stays):
    @workflow.run
    async def run(self, patches: list[str]) -> None:
        await self.stay(patches)


KINDS = ("TravelerSubscriptionWorkflow", "ProvisionEsimWorkflow")
LEVELS: list[list[str]] = [[], ["first"], ["second", "first"]]


@pytest.fixture
async def queue(client: Client) -> AsyncIterator[str]:
    """One on which three subscriptions and three purchases of each level run; their ids have their age in the end."""
    queue = f"queue's-{uuid4()}"
    async with Worker(
        client, task_queue=queue, workflows=[Subscription, Purchase], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        for age in ("oldest", "older", "newest"):
            for kind in KINDS:
                for patches in LEVELS:
                    workflow_id = "-".join([queue, kind, *sorted(patches), age])
                    await client.start_workflow(kind, patches, id=workflow_id, task_queue=queue)

        async def all_have_patches() -> bool:
            listed = [run async for run in client.list_workflows(f'TaskQueue = "{queue}"')]
            taken = Counter(len(run.search_attributes.get("TemporalChangeVersion", [])) for run in listed)
            return taken == {0: 6, 1: 6, 2: 6}

        await eventually(all_have_patches)
        yield queue
    async for run in client.list_workflows(f'TaskQueue = "{queue}"'):
        await client.get_workflow_handle(run.id).terminate()


def texts(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.iterdir()]


async def test_the_oldest_runs_of_each_patch_level_are_saved(client: Client, queue: str, tmp_path: Path) -> None:
    assert await save_oldest(client, queue, tmp_path / "histories", of_each=2) == (12, 6)
    saved = [json.loads(text) for text in texts(tmp_path / "histories")]
    ids = [history["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"] for history in saved]
    assert sorted(ids) == sorted(
        "-".join([queue, kind, *sorted(patches), age])
        for kind in KINDS
        for patches in LEVELS
        for age in ("oldest", "older")
    )


async def test_what_is_saved_stays_encrypted_and_can_be_replayed(client: Client, tmp_path: Path) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()

    async def listed() -> bool:
        found = f"WorkflowId = '{sold.subscription_id}' AND ExecutionStatus = 'Running'"
        return (await client.count_workflows(found)).count == 1

    await eventually(listed)
    address = client.service_client.config.target_host
    where = {"TEMPORAL_ADDRESS": address, "ESIM_TASK_QUEUE": shop.task_queue}
    ended = await ended_worker("--save-histories", str(tmp_path), **where)
    assert (ended.output, ended.errors) == ("Saved: the histories of 1 runs, of 1 patch levels\n", "")
    [text] = texts(tmp_path)
    assert sold.iccid not in text
    assert (await ended_worker("--replay", str(tmp_path), ESIM_ENCRYPTION_KEYS=key(1))).code == 0
