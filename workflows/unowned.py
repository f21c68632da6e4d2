"""Suspends an endpoint that is active at SFT and nobody's here: it is billed, and can be used for free."""

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.audit import AuditActivities
    from activities.messages import BACKGROUND
    from contract.audit import SuspendedUnowned, UnownedEndpoint
    from workflows.outcome import not_answered, words_of
    from workflows.policies import BRISK
    from workflows.sft_calls import call


@workflow.defn
class SuspendUnownedWorkflow:
    """For an operator who has seen it in an audit: looks whether it still is so, and suspends it."""

    @workflow.run
    async def run(self, endpoint: UnownedEndpoint) -> SuspendedUnowned:
        """Whether it was suspended.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if SFT does not do it in a few tries.
        """
        summary = f"Suspend endpoint {endpoint.endpoint_id}, which is nobody's"
        priority = Priority(priority_key=BACKGROUND)
        try:
            return await call(AuditActivities.suspend_unowned, endpoint, BRISK, summary, priority=priority)
        except ActivityError as error:
            raise not_answered(
                f"Endpoint {endpoint.endpoint_id} is not suspended: {words_of(error)}; try it again later", error
            ) from error
