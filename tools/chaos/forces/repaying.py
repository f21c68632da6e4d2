"""Money is paid back while everything breaks: an add-on is taken off, or an eSIM that was never used is given back."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel
from temporalio.client import RPCError, WorkflowExecutionStatus, WorkflowUpdateFailedError

from contract.order import RefundOrder, RemovalOrder
from tools.chaos.insist import PAUSE_SECONDS, insist

# Not imported at runtime: the portal is whose money it is.
if TYPE_CHECKING:
    from tools.chaos.portal import Portal

NOT_OURS: Final = "not bought here"
"""What the answer says of add-ons that strangers put on the eSIM; whether they did is the verdict's to say."""


async def take_off(portal: "Portal", subscription_id: str, purchase_id: str, due: float) -> None:
    """Takes an add-on off."""
    await portal.until(due)
    order = RemovalOrder(purchase_id=purchase_id, reason="chaos", ordered_by="chaos")
    await _insist_on(portal, subscription_id, "remove_addon", order, lambda addon: addon["status"] == "removed")
    portal.record.happened["add-ons taken off"] += 1


async def give_back(portal: "Portal", subscription_id: str, due: float) -> None:
    """Gives an eSIM back. Nobody has used it, so it has to be paid back, unless a stranger's add-ons are on it."""
    await portal.until(due)
    order = RefundOrder(reason="chaos", ordered_by="chaos")

    def is_decided(answer: dict[str, Any]) -> bool:
        return answer["refundable"] or NOT_OURS in answer["reason"]

    await _insist_on(portal, subscription_id, "refund", order, is_decided)
    portal.record.happened["refunds decided"] += 1


async def _insist_on(
    portal: "Portal", subscription_id: str, update: str, order: BaseModel, is_wanted: Callable[[dict[str, Any]], bool]
) -> None:
    """Orders it until that is the answer: SFT may refuse, and then nothing has changed. What is over by then, is."""
    run = portal.client.get_workflow_handle(subscription_id)
    while True:
        try:
            answer: dict[str, Any] = await insist(lambda: run.execute_update(update, order, result_type=dict))
            if is_wanted(answer):
                return
        except (WorkflowUpdateFailedError, RPCError):
            if (await insist(run.describe)).status == WorkflowExecutionStatus.COMPLETED:
                return
        await asyncio.sleep(PAUSE_SECONDS)
