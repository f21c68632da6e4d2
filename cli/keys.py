"""Which keys are still needed: those that runs were started under, for as long as Temporal keeps the runs."""

import asyncio
from typing import Final

from pydantic import BaseModel
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.client import WorkflowExecution as Run

from cli.server import answered
from encryption.sealed import label_of

AT_ONCE: Final = 20
"""Histories that are asked for at the same time."""

PLAINTEXT: Final = "none (plaintext)"


class KeyUses(BaseModel):
    """The most needed key first."""

    keys: list["KeyUse"]


class KeyUse(BaseModel):
    """How many runs were started under a key. All of them need it for as long as Temporal keeps them."""

    key: str
    running: int = 0
    ended: int = 0


async def key_uses(client: Client) -> KeyUses:
    """Every key that a run of this namespace was started under.

    A run that was started under one key has later payloads under newer ones, never under older ones: the key of its
    first event is the oldest that it needs.
    """
    uses: dict[str, KeyUse] = {}
    one_of_few = asyncio.Semaphore(AT_ONCE)

    async def count(run: Run) -> None:
        async with one_of_few:
            key = await _first_key(client, run)
        use = uses.setdefault(key, KeyUse(key=key))
        if run.status == WorkflowExecutionStatus.RUNNING:
            use.running += 1
        else:
            use.ended += 1

    async with asyncio.TaskGroup() as counting:
        async for run in client.list_workflows():
            counting.create_task(count(run))
    return KeyUses(keys=sorted(uses.values(), key=lambda use: (-use.running, -use.ended, use.key)))


async def _first_key(client: Client, run: Run) -> str:
    request = GetWorkflowExecutionHistoryRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id),
        maximum_page_size=1,
    )
    answer = await answered(client, client.workflow_service.get_workflow_execution_history(request))
    inputs = answer.history.events[0].workflow_execution_started_event_attributes.input.payloads
    return next((label for payload in inputs if (label := label_of(payload))), PLAINTEXT)
