"""The purchase that claimed an endpoint, watched by the subscription until it hands it over."""

from typing import Final

from activities.messages import Owner
from activities.runs import RunActivities
from workflows.handover import GiveBack
from workflows.policies import PATIENT
from workflows.sft_calls import call

UNKNOWN: Final = 1000
"""More activations than can be under way: how many are is not known, and the watch for them ends with its day."""


async def given_back_by(owner: Owner) -> GiveBack | None:
    """What a purchase that ended without a word (terminated, say) would have sent; None while it runs."""
    state = await call(RunActivities.look_at_owner, owner, PATIENT, f"Does {owner.workflow_id} still run?")
    if state.running:
        return None
    reason = f"{owner.workflow_id} ended without handing the endpoint over"
    return GiveBack(verdict="release", reason=reason, activated="unanswered", unanswered_activations=UNKNOWN)
