"""Looks whether the account has a plan, for a portal: it has no credentials for SFT, and the workers have."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.plans import PlanActivities
    from contract.plan import PlanAnswer, PlanQuestion
    from workflows.policies import BRISK
    from workflows.sft_calls import call


@workflow.defn
class LookUpPlanWorkflow:
    """Asks SFT once for everybody who wants to know at the same time."""

    @workflow.run
    async def run(self, question: PlanQuestion) -> PlanAnswer:
        """Whether the account has it, as far as SFT says."""
        return await call(PlanActivities.look_up_plan, question, BRISK, f"Does the account have {question.plan_id}?")
