"""The activity that looks whether the account has a plan."""

from temporalio import activity

from contract.plan import PlanAnswer, PlanQuestion
from sft.client import SftClient
from sft.errors import SftError


class PlanActivities:
    """Asks SFT (QueryRatePlan, whose answer is assumed)."""

    def __init__(self, sft: SftClient) -> None:
        self._sft = sft

    @activity.defn
    async def look_up_plan(self, question: PlanQuestion) -> PlanAnswer:
        """Whether the account has the plan; None if SFT cannot be asked, or if no plan can be read in its answer."""
        try:
            plans = await self._sft.get_addon_plans()
        except SftError as error:
            activity.logger.info("SFT does not say which plans the account has: %s", error)
            return PlanAnswer(is_listed=None)
        if plans.missing([question.plan_id]):
            return PlanAnswer(is_listed=False if plans.plan_ids else None)
        return PlanAnswer(is_listed=True)
