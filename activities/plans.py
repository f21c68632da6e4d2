"""The activity that looks whether the account has a plan."""

from temporalio import activity

from contract.plan import PlanAnswer, PlanQuestion
from sft.client import SftClient
from sft.errors import SftError
from sft.plan_id import is_among


class PlanActivities:
    """Asks SFT (QueryRatePlan, whose answer is assumed)."""

    def __init__(self, sft: SftClient) -> None:
        self._sft = sft

    @activity.defn
    async def look_up_plan(self, question: PlanQuestion) -> PlanAnswer:
        """Whether the account has the plan; None if SFT cannot be asked, or if its answer does not tell: no plan can be
        read in it, there may be more of them than it has, or it has one that is written almost so.
        """
        try:
            plans = await self._sft.get_addon_plans()
        except SftError as error:
            activity.logger.info("SFT does not say which plans the account has: %s", error)
            return PlanAnswer(is_listed=None)
        if plans.missing([question.plan_id]):
            tells = plans.plan_ids and not plans.may_be_cut and not is_among(question.plan_id, plans.plan_ids)
            return PlanAnswer(is_listed=False if tells else None)
        return PlanAnswer(is_listed=True)
