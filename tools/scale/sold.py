"""A subscription as it is after its sale: what it would carry over if it continued as new, without the sale."""

from collections.abc import Sequence
from datetime import datetime

from temporalio.client import Client, WorkflowHandle

from activities.messages import Channel
from contract.addon import Addon, Usage
from contract.purchase import EsimPurchase
from contract.subscription import Subscription
from contract.workflow_ids import SUBSCRIPTION_TYPE, subscription_id
from temporal.digests import WITHOUT_KEYS
from workflows.state import SubscriptionState

CHANNELS: Sequence[Channel] = ("portal",)
"""Whom all workers here can tell."""


def sold(
    endpoint_id: str, unique_id: str, plan_id: str, next_look: datetime, usage: Usage | None = None
) -> SubscriptionState:
    """One with an add-on whose ``usage`` was read last, and is read next at ``next_look``."""
    bought = {"purchase_id": f"S-{endpoint_id}", "product": "Month", "plan_id": plan_id}
    iccid = f"8932{endpoint_id:0>15}"
    return SubscriptionState(
        subscription=Subscription(
            subscription_id=subscription_id(endpoint_id),
            traveler_id=f"T-{endpoint_id}",
            endpoint_id=endpoint_id,
            iccid=iccid,
            status="active",
            addons=[Addon.model_validate({**bought, "unique_id": unique_id, "status": "provisioned", "usage": usage})],
        ),
        purchase=EsimPurchase(**bought, traveler_id=f"T-{endpoint_id}"),
        activation_code="LPA:1$smdp.example.com$MADE-UP",
        channels=list(CHANNELS),
        digests=WITHOUT_KEYS.of(iccid, None),
        next_look=next_look,
    )


async def begin(client: Client, task_queue: str, state: SubscriptionState) -> WorkflowHandle[object, object]:
    """Starts it, to be found by what it is found by."""
    return await client.start_workflow(
        SUBSCRIPTION_TYPE,
        state,
        id=state.subscription.subscription_id,
        task_queue=task_queue,
        search_attributes=state.search_attributes,
    )
