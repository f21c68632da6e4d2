"""Money is paid back while everything breaks: an add-on is taken off, or an eSIM that was never used is given back."""

import asyncio
from typing import TYPE_CHECKING

from pydantic import BaseModel
from temporalio.client import RPCError, WorkflowExecutionStatus, WorkflowUpdateFailedError

from contract.order import RefundOrder, RemovalOrder
from tools.chaos.insist import PAUSE_SECONDS, insist

# Not imported at runtime: the portal is whose money it is.
if TYPE_CHECKING:
    from tools.chaos.portal import Portal


async def take_off(portal: "Portal", subscription_id: str, purchase_id: str, due: float) -> None:
    """Takes an add-on off."""
    await portal.until(due)
    order = RemovalOrder(purchase_id=purchase_id, reason="chaos", ordered_by="chaos")
    await _insist_on(portal, subscription_id, "remove_addon", order, {"status": "removed"})
    portal.record.happened["add-ons taken off"] += 1


async def give_back(portal: "Portal", subscription_id: str, due: float) -> None:
    """Gives an eSIM back. Nobody has used it, so it has to be paid back."""
    await portal.until(due)
    order = RefundOrder(reason="chaos", ordered_by="chaos")
    await _insist_on(portal, subscription_id, "refund", order, {"refundable": True})
    portal.record.happened["eSIMs given back"] += 1


async def _insist_on(
    portal: "Portal", subscription_id: str, update: str, order: BaseModel, wanted: dict[str, object]
) -> None:
    """Orders it until that is the answer: SFT may refuse, and then nothing has changed. What is over by then, is."""
    run = portal.client.get_workflow_handle(subscription_id)
    while True:
        try:
            answer = await insist(lambda: run.execute_update(update, order, result_type=dict))
            if wanted.items() <= answer.items():
                return
        except (WorkflowUpdateFailedError, RPCError):
            if (await insist(run.describe)).status == WorkflowExecutionStatus.COMPLETED:
                return
        await asyncio.sleep(PAUSE_SECONDS)
