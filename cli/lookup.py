"""Finding what somebody asks about: a purchase, or the subscription of an eSIM."""

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from cli import purchase, subscription
from cli.documents import Failure, PurchaseStatus
from cli.problem import Problem, failed, not_found
from cli.server import NobodyAnswers, answered
from contract.progress import Progress
from contract.subscription import Subscription
from contract.workflow_ids import is_subscription_id, purchase_id_of

UNDER_WAY = {WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED}


async def look_up(client: Client, name: str) -> PurchaseStatus | Subscription:
    """What a purchase id, a subscription id or an endpoint id stands for; where two would fit, it is the purchase.

    Raises:
        Problem: ``NotFound`` if the server knows nothing by that name.
        NobodyAnswers: if there is no answer in time.
    """
    if not is_subscription_id(name) and (found := await purchase_status(client, purchase_id_of(name))):
        return found
    try:
        return await subscription.subscription_of(client, subscription.run_of(client, name))
    except Problem as problem:
        if problem.type == "NotFound":
            raise not_found(f"purchase, subscription or endpoint {name}") from None
        raise


async def purchase_status(client: Client, purchase_id: str) -> PurchaseStatus | None:
    """How far a first purchase has come, and what it failed with; None if there is none. Raises NobodyAnswers."""
    try:
        description = await answered(client, purchase.run_of(client, purchase_id).describe())
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
    return await status_of(client, purchase_id, description)


async def status_of(
    client: Client, purchase_id: str, description: WorkflowExecutionDescription, seconds: float | None = None
) -> PurchaseStatus:
    """The same for a purchase that has been described already.

    Raises NobodyAnswers, after so many seconds without a worker's answer.
    """
    run = purchase.run_of(client, purchase_id)
    try:
        progress = await purchase.progress_of(client, run, seconds)
    except (NobodyAnswers, RPCError):  # a purchase is asked on the version that it ran on, which may have been retired
        if description.status == WorkflowExecutionStatus.RUNNING:
            raise
        progress = await _end(client, run)
    status = PurchaseStatus(purchase_id=purchase_id, **progress.model_dump())
    if description.status not in UNDER_WAY:
        status.error = await _failure(client, run, purchase_id)
    return status


async def _end(client: Client, run: purchase.Run) -> Progress:
    try:
        esim = await answered(client, run.result())
    except WorkflowFailureError:
        return Progress(step="failed", detail="Nothing was sold.")
    detail = f"The eSIM of endpoint {esim.endpoint_id} can be installed."
    return Progress(step="completed", endpoint_id=esim.endpoint_id, detail=detail)


async def _failure(client: Client, run: purchase.Run, purchase_id: str) -> Failure | None:
    try:
        await answered(client, run.result())
    except WorkflowFailureError as failure:
        problem = failed(f"Purchase {purchase_id}", failure.cause)
        return Failure(type=problem.type, message=problem.message)
    return None
