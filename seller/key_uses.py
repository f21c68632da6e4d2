"""Which encryption keys are still needed: those that anything in a run is encrypted under, while Temporal keeps it."""

import asyncio
import re
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import WorkflowExecution as Run
from temporalio.client import WorkflowExecutionStatus

from contract.message import Message
from seller.server import Server
from temporal.encryption.sealed import KEY_ID, LABEL

AT_ONCE: Final = 20
"""Histories that are asked for at the same time."""

PLAINTEXT: Final = "none (plaintext)"

LABELS: Final = re.compile(KEY_ID.encode() + rb"\x12.(" + LABEL.pattern.encode() + rb")", re.DOTALL)
"""In a history as protobuf writes it, where each payload has its key id: what would take far longer to walk through."""


class KeyUses(Message):
    """The most needed key first."""

    keys: list["KeyUse"]


class KeyUse(Message):
    """How many runs have something under a key. All of them need it for as long as Temporal keeps them."""

    key: str
    running: int = 0
    ended: int = 0


async def key_uses(server: Server) -> KeyUses:
    """Every key that something in a run of this namespace is encrypted under; a run may need several.

    Where a run begins does not tell: one that began in plaintext, or under a newer key, gets messages under older ones
    from whoever has not been moved to the newer one yet.
    """
    uses: dict[str, KeyUse] = {}
    one_of_few = asyncio.Semaphore(AT_ONCE)

    async def count(run: Run) -> None:
        async with one_of_few:
            keys = await _keys_of(server, run)
        for key in keys or {PLAINTEXT}:
            use = uses.setdefault(key, KeyUse(key=key))
            if run.status == WorkflowExecutionStatus.RUNNING:
                use.running += 1
            else:
                use.ended += 1

    async with asyncio.TaskGroup() as counting:
        async for run in server.client.list_workflows():
            counting.create_task(count(run))
    return KeyUses(keys=sorted(uses.values(), key=lambda use: (-use.running, -use.ended, use.key)))


async def _keys_of(server: Server, run: Run) -> set[str]:
    keys: set[str] = set()
    request = GetWorkflowExecutionHistoryRequest(
        namespace=server.client.namespace, execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
    )
    while True:
        page = await server.answers(server.client.workflow_service.get_workflow_execution_history(request))
        keys.update(label.decode() for label in LABELS.findall(page.history.SerializeToString()))
        if not page.next_page_token:
            return keys
        request.next_page_token = page.next_page_token
