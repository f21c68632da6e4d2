"""Whoever may write to the namespace, and has no keys: reads ciphertext in histories, and sends it on as it is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.converter import DataConverter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.workflow import ParentClosePolicy

from tests.support.converting import with_converter

TASK_QUEUE = "an-intruders"


def without_keys(client: Client) -> Client:
    """The same namespace, for somebody who has no keys."""
    return with_converter(client, DataConverter.default)


async def stolen(client: Client, workflow_id: str, kind: str) -> Payload:
    """The last payload of the events of this kind in a history, say ``workflow_execution_completed``, as it is."""
    history = await without_keys(client).get_workflow_handle(workflow_id).fetch_history()
    attributes = [getattr(event, f"{kind}_event_attributes") for event in history.events]
    holders = [one.result if "completed" in kind else one.input for one in attributes]
    payloads = [payload for holder in holders for payload in holder.payloads]
    last: Payload = payloads[-1]
    return last


class Loot:
    """What the intruder's workflows answer. Workflows that are not sandboxed can look anywhere."""

    result: Payload
    answer: Any
    endpoint_id: str


@workflow.defn(name="TravelerSubscriptionWorkflow")
class FalseSubscription:
    @workflow.run
    async def run(self, _: dict[str, Any]) -> None:
        await workflow.sleep(600)

    @workflow.query
    def subscription(self) -> Any:
        return Loot.answer

    @workflow.query
    def esim(self) -> RawValue:
        return RawValue(Loot.result)


@workflow.defn(name="ProvisionEsimWorkflow")
class FalseSale:
    @workflow.run
    async def run(self, _: dict[str, Any]) -> RawValue:
        await workflow.start_child_workflow(
            FalseSubscription.run,
            {},
            id=f"subscription-{Loot.endpoint_id}",
            task_queue=TASK_QUEUE,
            parent_close_policy=ParentClosePolicy.ABANDON,
        )
        return RawValue(Loot.result)


@asynccontextmanager
async def intruding(
    client: Client, workflows: Sequence[type] = (FalseSubscription, FalseSale)
) -> AsyncIterator[Client]:
    """A client without keys, and a worker of its own on a task queue of its own."""
    intruder = without_keys(client)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        intruder,
        task_queue=TASK_QUEUE,
        workflows=workflows,
        workflow_runner=runner,
        graceful_shutdown_timeout=timedelta(0),
    ):
        yield intruder
