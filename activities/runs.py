"""Looks up other runs at the Temporal server: earlier ones of a purchase, claims, and whether an owner still runs."""

from typing import Final, NamedTuple

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import Owner, OwnerState
from contract.esim import ProvisionedEsim
from contract.failure import INVALID_REQUEST
from contract.purchase import EsimPurchase
from contract.workflow_ids import subscription_id
from temporal.run_input import read_input

HELD: Final = {
    WorkflowExecutionStatus.RUNNING,
    WorkflowExecutionStatus.COMPLETED,
    WorkflowExecutionStatus.CONTINUED_AS_NEW,
}
"""Statuses of a subscription's run that keep its endpoint from being claimed. A run that failed has released it."""


class Recalled(NamedTuple):
    """What an earlier, completed run of the same purchase returned; ``result`` is None where there was none."""

    result: ProvisionedEsim | None = None
    is_run_listed: bool = False
    """Whether visibility lists the run that asks, so that a repeat of this purchase will be recognised."""


class RunActivities:
    """Looks runs up with the Temporal client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def recall(self, purchase: EsimPurchase) -> Recalled:
        """What an earlier run of this purchase returned, if one completed.

        A portal that starts a completed purchase again with Temporal's default id policies gets a second run under
        the same workflow id. This is how that run finds out that there is nothing left to sell. Which runs there are
        comes from visibility, and no run completes before it is listed there (``is_listed``); what became of them
        comes from the run itself.

        Raises:
            ApplicationError: ``InvalidRequest`` if what was sold under this purchase_id was something else.
        """
        info = activity.info()
        listed = False
        async for run in self._client.list_workflows(f"WorkflowId = '{info.workflow_id}'"):
            if run.run_id == info.workflow_run_id:
                listed = True
                continue
            earlier = self._client.get_workflow_handle(run.id, run_id=run.run_id, result_type=ProvisionedEsim)
            if await _status(earlier) == WorkflowExecutionStatus.COMPLETED:
                await self._refuse_another_purchase(earlier, purchase)
                return Recalled(result=await earlier.result())
        return Recalled(is_run_listed=listed)

    @activity.defn
    async def look_at_owner(self, owner: Owner) -> OwnerState:
        """Whether the run that claimed an endpoint still runs. One that the server no longer knows does not."""
        handle = self._client.get_workflow_handle(owner.workflow_id, run_id=owner.run_id)
        return OwnerState(running=await _status(handle) == WorkflowExecutionStatus.RUNNING)

    async def is_listed(self) -> bool:
        """Whether visibility lists the run that asks, which it may do some moments after the run began."""
        info = activity.info()
        own = f"WorkflowId = '{info.workflow_id}' AND RunId = '{info.workflow_run_id}'"
        return (await self._client.count_workflows(own)).count > 0

    async def is_claimed(self, endpoint_id: str) -> bool:
        """Whether a subscription holds this endpoint right now; not an activity, but a callback of ``Inventory``."""
        return await _status(self._client.get_workflow_handle(subscription_id(endpoint_id))) in HELD

    async def _refuse_another_purchase(self, earlier: WorkflowHandle[object, object], purchase: EsimPurchase) -> None:
        sold = await read_input(self._client, earlier, EsimPurchase)
        if sold.conflicts_with(purchase):
            raise ApplicationError(
                f"purchase_id {purchase.purchase_id} was already sold, as {sold.product} ({sold.plan_id}) to traveler "
                f"{sold.traveler_id}; a new purchase needs a purchase_id of its own",
                type=INVALID_REQUEST,
                non_retryable=True,
            )


async def _status(handle: WorkflowHandle[object, object]) -> WorkflowExecutionStatus | None:
    try:
        return (await handle.describe()).status
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
