"""Who holds an endpoint: the last run of its subscription, unless that has released it. Told without a worker."""

from typing import Final, Literal

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contract.message import Message
from contract.search_attributes import STATUS
from contract.workflow_ids import subscription_id
from temporal.ended_outside import ENDED_OUTSIDE
from temporal.run_input import NotOurs, read_claim

HOW_TO_RESTORE: Final = "restore it, with starter.py restore"


class Holder(Message):
    """The subscription that holds an endpoint, and its traveler; None if it is a run that somebody put in its place."""

    subscription_id: str
    traveler_id: str | None
    standing: Literal["running", "ended_outside", "closed", "quarantined"]

    def why_not(self, traveler_id: str) -> str | None:
        """Why the endpoint cannot be this traveler's; None if it is."""
        if self.traveler_id is None:
            return f"{self.subscription_id} is taken by a run that is no subscription"
        if self.traveler_id != traveler_id:
            return f"{self.subscription_id} holds it for traveler {self.traveler_id}"
        if self.standing == "ended_outside":
            return f"{self.subscription_id} holds it, and was ended from outside: {HOW_TO_RESTORE}"
        if self.standing == "quarantined":
            return f"{self.subscription_id} has quarantined it: it was not sold, and nobody will get it"
        return None


async def holder_of(client: Client, endpoint_id: str, task_queue: str) -> Holder | None:
    """The subscription that holds this endpoint; None if none does. Of another seller's no traveler is told.

    Raises:
        Undecipherable: if it is encrypted with a key that is not here.
        RPCError: if the server refuses.
    """
    workflow_id = subscription_id(endpoint_id)
    try:
        last = await client.get_workflow_handle(workflow_id).describe()
        if last.status == WorkflowExecutionStatus.FAILED:  # which is how an endpoint is released
            return None
        claim = await read_claim(client, client.get_workflow_handle(workflow_id, run_id=last.run_id), task_queue)
    except NotOurs:
        return Holder(subscription_id=workflow_id, traveler_id=None, standing="running")
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
    standing: Literal["running", "ended_outside", "closed", "quarantined"] = "running"
    if last.status in ENDED_OUTSIDE:
        standing = "ended_outside"
    elif last.status != WorkflowExecutionStatus.RUNNING:
        standing = "closed" if last.typed_search_attributes.get(STATUS) == "closed" else "quarantined"
    return Holder(subscription_id=workflow_id, traveler_id=claim.subscription.traveler_id, standing=standing)
