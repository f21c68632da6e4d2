"""The purchase that claimed an endpoint, watched by the subscription until it hands it over."""

from typing import Final

from activities.messages import Owner
from activities.runs import RunActivities
from contract.addon import Addon
from contract.esim import ProvisionedEsim
from workflows.endpoint import EndpointLifecycle
from workflows.handover import GiveBack, HandOver
from workflows.policies import PATIENT
from workflows.sft_calls import call

UNKNOWN: Final = 1000
"""More activations than can be under way: how many are is not known, and the watch for them ends with its day."""


async def last_word_of(owner: Owner, endpoint: EndpointLifecycle) -> HandOver | GiveBack | None:
    """What a purchase that ended without a word would have sent; None while it runs.

    One that completed has sold the eSIM, whatever became of its hand_over. One that did not (it was terminated, say)
    gives the endpoint back.
    """
    state = await call(RunActivities.look_at_owner, owner, PATIENT, f"Does {owner.workflow_id} still run?")
    if state.running:
        return None
    if state.sold and state.sold.endpoint_id == endpoint.endpoint_id:
        return await _sale(state.sold, endpoint)
    reason = f"{owner.workflow_id} ended without handing the endpoint over"
    return GiveBack(verdict="release", reason=reason, activated="unanswered", unanswered_activations=UNKNOWN)


async def _sale(sold: ProvisionedEsim, endpoint: EndpointLifecycle) -> HandOver:
    """What it had in doubt is not known: an activation may still come, and other add-ons show as unmatched."""
    look = await endpoint.look(f"Look at endpoint {endpoint.endpoint_id}, which was sold and not handed over")
    addon = Addon.model_validate(sold.addon.model_dump())
    return HandOver(addon=addon, unanswered_activations=UNKNOWN, channels=look.channels)
