"""The lock on an endpoint, which SFT does not have: its subscription, of which the server lets only one exist."""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

from activities.messages import Endpoint
from activities.runs import RunActivities
from contract.subscription import Subscription
from temporal.reset import hold_if_reset
from workflows.policies import PATIENT
from workflows.sft_calls import call
from workflows.state import SubscriptionState
from workflows.subscription import TravelerSubscriptionWorkflow

Handle = ChildWorkflowHandle[TravelerSubscriptionWorkflow, Subscription]


async def claim(state: SubscriptionState, summary: str) -> Handle | None:
    """Claims an endpoint by starting its subscription in this state; None if somebody else holds it.

    An id that was used before is free only if its last run has released it: one that an operator terminated still holds
    its endpoint, which the server cannot tell from a release.
    """
    subscription = await start_subscription(state, summary, WorkflowIDReusePolicy.REJECT_DUPLICATE)
    if subscription is None and await _is_released(state.subscription.endpoint_id):
        subscription = await start_subscription(state, summary)
    return subscription


async def start_subscription(
    state: SubscriptionState,
    summary: str,
    # A subscription that failed has released its endpoint; one that completed keeps it from everybody for good.
    reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
) -> Handle | None:
    """Starts the subscription of an endpoint; None if there is one already that this policy lets nobody follow."""
    await hold_if_reset()
    try:
        return await workflow.start_child_workflow(
            TravelerSubscriptionWorkflow.run,
            state,
            id=state.subscription.subscription_id,
            id_reuse_policy=reuse,
            # It outlives whoever starts it by months, and cleans up after a purchase that fails or is terminated.
            parent_close_policy=ParentClosePolicy.ABANDON,
            # Who cancels the purchase cancels the sale, which the subscription hears of as a give_back.
            cancellation_type=ChildWorkflowCancellationType.ABANDON,
            search_attributes=state.search_attributes,
            static_summary=summary,
        )
    except WorkflowAlreadyStartedError:
        return None


async def _is_released(endpoint_id: str) -> bool:
    summary = f"Was endpoint {endpoint_id} released?"
    return await call(RunActivities.is_released, Endpoint(endpoint_id=endpoint_id), PATIENT, summary)
