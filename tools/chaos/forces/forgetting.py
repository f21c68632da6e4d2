"""A Temporal that has forgotten a purchase, as it does when its retention is over: all its runs are deleted."""

import asyncio
from typing import TYPE_CHECKING, Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import provision_id
from tools.chaos.insist import insist
from tools.chaos.plan import Traveler
from tools.chaos.tally import cut_off

# Not imported at runtime: the portal is who repeats the purchase.
if TYPE_CHECKING:
    from tools.chaos.portal import Portal

LOOK_SECONDS: Final = 0.2

QUICK_DELETION: Final = [
    word
    for queue in ("transfer", "visibility")
    for word in ("--dynamic-config-value", f'history.{queue}ProcessorUpdateAckInterval="500ms"')
]
"""How soon a server deletes a run that it was told to delete: usually after half a minute."""


async def forget_and_repeat(portal: "Portal", traveler: Traveler, sold: ProvisionedEsim, after: float) -> None:
    """Has Temporal forget a purchase so many seconds after its sale, and sends it again: the sale stands."""
    purchase_id = traveler.first.purchase_id
    await asyncio.sleep(after)
    await found_by(portal.client, purchase_id)
    portal.record.cut_off |= await _cut_off(portal.client, provision_id(purchase_id))
    await forget(portal.client, provision_id(purchase_id))
    try:
        again = await portal.repeat(traveler)
    except WorkflowFailureError as failure:
        portal.record.broken.append(f"{purchase_id} was forgotten, and its repeat failed: {failure.cause}")
    else:
        portal.record.happened["purchases forgotten and repeated"] += 1
        if again.model_copy(update={"delivery": sold.delivery}) != sold:
            portal.record.broken.append(
                f"{purchase_id} was forgotten, and its repeat sold {again.subscription_id} with instance "
                f"{again.addon.unique_id} instead of {sold.subscription_id} with {sold.addon.unique_id}"
            )


async def _cut_off(client: Client, workflow_id: str) -> set[str]:
    """What is to be known of its runs when the verdict is given: by then their histories are gone."""
    endpoints = set[str]()
    for found, run_id in await insist(lambda: _listed(client, f"WorkflowId = '{workflow_id}'")):
        run = client.get_workflow_handle(found, run_id=run_id)
        endpoints |= cut_off((await insist(run.fetch_history)).events)
    return endpoints


async def found_by(client: Client, purchase_id: str) -> None:
    """Returns once visibility finds the subscription by the purchase: it does, long before retention is over."""
    query = f"{FIRST_PURCHASE_ID.name} = '{purchase_id}'"
    while (await insist(lambda: client.count_workflows(query))).count == 0:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)


async def forget(client: Client, workflow_id: str) -> None:
    """Returns once neither the server nor visibility knows of any run of this id."""
    query = f"WorkflowId = '{workflow_id}'"
    while True:
        for run in await insist(lambda: _listed(client, query)):
            await _delete(client, WorkflowExecution(workflow_id=run[0], run_id=run[1]))
        if not await _is_known(client, workflow_id) and not await insist(lambda: _listed(client, query)):
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _listed(client: Client, query: str) -> list[tuple[str, str]]:
    return [(run.id, run.run_id) async for run in client.list_workflows(query)]


async def _delete(client: Client, execution: WorkflowExecution) -> None:
    request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    try:
        await insist(lambda: client.workflow_service.delete_workflow_execution(request))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:  # visibility lists for a moment what is gone
            raise


async def _is_known(client: Client, workflow_id: str) -> bool:
    try:
        await insist(client.get_workflow_handle(workflow_id).describe)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True
