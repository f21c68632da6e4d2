"""Whether the seller's account at SFT has a plan."""

from contract.ids import PlanId
from contract.message import Message, StartInput


class PlanQuestion(StartInput):
    """The input of LookUpPlanWorkflow."""

    plan_id: PlanId


class PlanAnswer(Message):
    """Whether SFT lists the plan among the account's. None where it does not say: that is no reason not to sell it."""

    is_listed: bool | None
