"""A Temporal that has forgotten a purchase, as it does when its retention is over."""

from contextlib import suppress

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError

from contract.esim import ProvisionedEsim
from contract.purchase import EsimPurchase
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import provision_id
from tests.support.seller import Seller, eventually

QUICK_DELETION = [
    word
    for queue in ("transfer", "visibility")
    for word in ("--dynamic-config-value", f'history.{queue}ProcessorUpdateAckInterval="500ms"')
]
"""How soon a server deletes a run that it was told to delete: usually after half a minute."""


async def forget(shop: Seller, workflow_id: str) -> None:
    """Has Temporal forget all runs of a workflow id, as its retention does."""
    query = f"WorkflowId = '{workflow_id}'"
    async for run in shop.client.list_workflows(query):
        execution = WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
        request = DeleteWorkflowExecutionRequest(namespace=shop.client.namespace, workflow_execution=execution)
        await shop.client.workflow_service.delete_workflow_execution(request)

    async def is_forgotten() -> bool:
        with suppress(RPCError):
            await shop.client.get_workflow_handle(workflow_id).describe()
            return False
        return (await shop.client.count_workflows(query)).count == 0

    await eventually(is_forgotten, 60)


async def found_by(shop: Seller, purchase: EsimPurchase) -> None:
    """Returns once visibility finds the subscription by this purchase."""

    async def is_found() -> bool:
        found = await shop.client.count_workflows(f"{FIRST_PURCHASE_ID.name} = '{purchase.purchase_id}'")
        return found.count > 0

    await eventually(is_found)


async def sold_and_forgotten(shop: Seller, purchase: EsimPurchase) -> ProvisionedEsim:
    sold = await shop.sell(purchase)
    await found_by(shop, purchase)
    await forget(shop, provision_id(purchase.purchase_id))
    return sold
