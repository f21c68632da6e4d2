"""First purchases that nobody could read: their run failed for it before anything was done, and is found as failed."""

from typing import NamedTuple

from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowFailureError

from contract.failure import INVALID_REQUEST
from contract.workflow_ids import PROVISION_TYPE
from seller.errors import SellerError, failed
from seller.known_sales import sale_run
from seller.server import Server


class UnreadSale(NamedTuple):
    """Its run, and why that failed: an ``InvalidRequest``, in one sentence."""

    description: WorkflowExecutionDescription
    why: SellerError


async def unread_sale(server: Server, purchase_id: str) -> UnreadSale | None:
    """The latest run of a purchase, if what it was started with cannot be right; None if there is no such run."""
    description = await server.description(sale_run(server.client, purchase_id))
    if (
        description is None
        or description.status != WorkflowExecutionStatus.FAILED
        or (description.workflow_type, description.task_queue) != (PROVISION_TYPE, server.task_queue)
    ):
        return None
    try:
        await server.answers(sale_run(server.client, purchase_id, description.run_id).result())
    except WorkflowFailureError as failure:
        why = failed(f"Purchase {purchase_id}", failure.cause)
        return UnreadSale(description, why) if why.type == INVALID_REQUEST else None
    return None
