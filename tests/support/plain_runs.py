"""Runs on a real Temporal server that are in a certain state, and did nothing at SFT to get there."""

import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from contract.esim import FirstAddon, ProvisionedEsim
from contract.purchase import EsimPurchase
from contract.workflow_ids import provision_id
from tests.support.seller import PLAN, PRODUCT, eventually

_numbers = itertools.count(time.time_ns() // 1000)

QUEUE_OF_NOBODY = "queue-without-a-worker"


def new_purchase() -> EsimPurchase:
    return EsimPurchase(purchase_id=f"P-{next(_numbers)}", traveler_id="T-42", product=PRODUCT, plan_id=PLAN)


def sold(purchase: EsimPurchase) -> ProvisionedEsim:
    """What the run of this purchase returns."""
    addon = FirstAddon(
        purchase_id=purchase.purchase_id,
        product=purchase.product,
        plan_id=purchase.plan_id,
        unique_id="7000001",
        status="provisioned",
    )
    return ProvisionedEsim(
        subscription_id="subscription-4000001",
        traveler_id=purchase.traveler_id,
        endpoint_id="4000001",
        iccid="8932000000000000001",
        activation_code="LPA:1$smdp.example.com$M",
        addon=addon,
    )


@workflow.defn(name="ProvisionEsimWorkflow")
class ReturnsAtOnce:
    """A sale that is over; or one that failed, where no SFT plan has that name."""

    @workflow.run
    async def run(self, purchase: EsimPurchase) -> ProvisionedEsim:
        if purchase.plan_id == "PLAN-UNHEARD-OF":
            raise ApplicationError("SFT refused it", type="AddonRejected", non_retryable=True)
        return sold(purchase)


@asynccontextmanager
async def ending(client: Client) -> AsyncIterator[str]:
    """The task queue of a worker on which such runs end at once."""
    queue = f"queue-{next(_numbers)}"
    async with Worker(client, task_queue=queue, workflows=[ReturnsAtOnce], workflow_runner=UnsandboxedWorkflowRunner()):
        yield queue


async def started(
    client: Client, purchase: EsimPurchase, queue: str = QUEUE_OF_NOBODY, id: str | None = None
) -> WorkflowHandle[Any, Any]:
    """A run of this purchase that goes on for as long as no worker polls its queue."""
    return await client.start_workflow(
        "ProvisionEsimWorkflow", purchase, id=id or provision_id(purchase.purchase_id), task_queue=queue
    )


async def queue_of(run: WorkflowHandle[Any, Any]) -> str:
    return (await run.describe()).task_queue


async def ended(client: Client, purchase: EsimPurchase, id: str | None = None) -> WorkflowHandle[Any, Any]:
    """A run of this purchase that has completed, or failed."""
    async with ending(client) as queue:
        run = await started(client, purchase, queue, id)

        async def is_over() -> bool:
            return (await run.describe()).close_time is not None

        await eventually(is_over)
        return run


async def listed(client: Client, run: WorkflowHandle[Any, Any]) -> None:
    """Returns once visibility lists the run."""

    async def is_listed() -> bool:
        return (await client.count_workflows(f"WorkflowId = '{run.id}' AND RunId = '{run.result_run_id}'")).count > 0

    await eventually(is_listed)


def without_visibility(client: Client) -> Client:
    """A client whose every look into visibility is refused: its namespace does not exist."""
    return Client(**(client.config() | {"namespace": "nowhere"}))
