"""A first purchase: started once, watched, and found again."""

import asyncio
from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.runs import original_purchase
from cli.problem import INTERRUPTED, Conflict, Problem, failed, not_found
from cli.screen import Screen
from cli.server import NobodyAnswers, answered, answered_by_worker
from cli.steps import Steps
from cli.waiting import watched
from contract.esim import ProvisionedEsim
from contract.progress import Progress
from contract.purchase import EsimPurchase
from contract.workflow_ids import provision_id

Run = WorkflowHandle[object, ProvisionedEsim]

SUMMARY_CHARACTERS: Final = 80
"""Of a product's name: a summary in the Web UI is one short line."""


async def sell(
    client: Client,
    task_queue: str,
    purchase: EsimPurchase,
    screen: Screen,
    patience_seconds: float | None = None,
) -> ProvisionedEsim:
    """Sells an eSIM as a portal does, and shows how it goes. The same purchase twice is one sale.

    Raises:
        Problem: the failure of the purchase; ``InvalidRequest`` if its id is known with other contents; or
            ``Interrupted``, after which the purchase goes on.
        NobodyAnswers: if a look at it is not answered within ``patience_seconds``, or 3 if None. Here
            too, the purchase goes on.
    """
    goes_on = f"purchase {purchase.purchase_id} goes on: python starter.py status {purchase.purchase_id}"
    try:
        run, completed = await _start(client, task_queue, purchase)
        if completed:
            screen.show("Completed before: nothing is sold again, this is what was sold then.")
            return await answered(client, run.result())
        with screen.doing() as doing:
            steps = Steps(doing)

            async def look() -> None:
                steps.show(await progress_of(client, run, patience_seconds))

            esim = await watched(run.result(), look)
            steps.finish()
            return esim
    except WorkflowFailureError as failure:
        raise failed(f"Purchase {purchase.purchase_id}", failure.cause) from None
    except NobodyAnswers as silence:
        raise NobodyAnswers(silence.type, f"{silence.message}; {goes_on}") from None
    except asyncio.CancelledError:
        raise Problem("Interrupted", f"Interrupted, but {goes_on}", INTERRUPTED) from None


async def begin(client: Client, task_queue: str, purchase: EsimPurchase) -> bool:
    """Starts a purchase unless it is known; whether it is new. Raises Conflict if it is known with other contents."""
    try:
        await answered(client, _started(client, task_queue, purchase, WorkflowIDConflictPolicy.FAIL))
    except WorkflowAlreadyStartedError:
        await _refuse_conflict(client, run_of(client, purchase.purchase_id), purchase)
        return False
    return True


async def _start(client: Client, task_queue: str, purchase: EsimPurchase) -> tuple[Run, bool]:
    """The run of this purchase, which may be an earlier one, and whether it is completed."""
    try:
        run = await answered(client, _started(client, task_queue, purchase, WorkflowIDConflictPolicy.USE_EXISTING))
        completed = False
    except WorkflowAlreadyStartedError:
        run, completed = run_of(client, purchase.purchase_id), True
    await _refuse_conflict(client, run, purchase)
    return run, completed


async def _started(client: Client, task_queue: str, purchase: EsimPurchase, policy: WorkflowIDConflictPolicy) -> Run:
    return await client.start_workflow(
        "ProvisionEsimWorkflow",
        purchase,
        id=provision_id(purchase.purchase_id),
        task_queue=task_queue,
        result_type=ProvisionedEsim,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        id_conflict_policy=policy,
        static_summary=f"{purchase.product:.{SUMMARY_CHARACTERS}} for traveler {purchase.traveler_id}",
    )


async def _refuse_conflict(client: Client, run: Run, purchase: EsimPurchase) -> None:
    original = await answered(client, original_purchase(run))
    if original.conflicts_with(purchase):
        raise Conflict(
            f"Purchase {purchase.purchase_id} was started as {original.product} ({original.plan_id}) for traveler "
            f"{original.traveler_id}; another purchase needs another purchase id"
        )


async def progress_of(client: Client, run: Run, seconds: float | None = None) -> Progress:
    """How far a purchase has come; raises NobodyAnswers."""
    return await answered_by_worker(client, run.query("progress", result_type=Progress), seconds)


def run_of(client: Client, purchase_id: str) -> Run:
    """The latest run of a purchase, whether there is one or not."""
    return client.get_workflow_handle(provision_id(purchase_id), result_type=ProvisionedEsim)


async def sold(client: Client, purchase_id: str) -> ProvisionedEsim:
    """What was sold under a purchase id, by whichever of its runs.

    Raises:
        Problem: ``NotFound`` if it is not known; ``NotCompleted`` while it goes on; its failure if it failed.
    """
    run = run_of(client, purchase_id)
    try:
        status = (await answered(client, run.describe())).status
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise not_found(f"purchase {purchase_id}") from None
        raise
    if status == WorkflowExecutionStatus.RUNNING:
        raise Problem("NotCompleted", f"Purchase {purchase_id} has no eSIM yet: see status {purchase_id}")
    if status != WorkflowExecutionStatus.COMPLETED:
        run = await answered(client, _completed(client, run))
    try:
        return await answered(client, run.result())
    except WorkflowFailureError as failure:
        raise failed(f"Purchase {purchase_id}", failure.cause) from None


async def _completed(client: Client, run: Run) -> Run:
    """The run that completed, which is not the latest where a portal started the purchase again without the policies.
    The latest if none did.
    """
    async for found in client.list_workflows(f"WorkflowId = '{run.id}' AND ExecutionStatus = 'Completed'"):
        return client.get_workflow_handle(found.id, run_id=found.run_id, result_type=ProvisionedEsim)
    return run
