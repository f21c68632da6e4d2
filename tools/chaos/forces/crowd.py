"""Twenty callers at once who buy for a suspended eSIM: answered at once, in nobody's way, and served later."""

import asyncio
from typing import TYPE_CHECKING, Any

from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from contract.order import LifecycleOrder
from contract.subscription import Subscription, SubscriptionStatus
from tools.chaos.insist import PAUSE_SECONDS, insist
from tools.chaos.plan import Crowd, Purchase, Traveler

# Not imported at runtime: the portal is what brings the crowd.
if TYPE_CHECKING:
    from tools.chaos.portal import Portal


async def crowd_in(portal: "Portal", traveler: Traveler, subscription_id: str, crowd: Crowd) -> None:
    """Suspends the eSIM, has all of them buy at once, and resumes it once everybody is answered."""
    await portal.until(crowd.due)
    run = portal.client.get_workflow_handle(subscription_id)
    await _order(run, "suspend", "suspended")
    record = portal.record

    async def buy(purchase: Purchase) -> None:
        answer = await portal.buy_addon(traveler, run, purchase)
        record.happened["callers at once on suspended eSIMs"] += 1
        if answer != "pending":
            record.broken.append(
                f"{purchase.purchase_id} on {run.id}, which was suspended, was answered {answer} instead of pending"
            )

    await asyncio.gather(*(buy(purchase) for purchase in crowd.callers))
    await _order(run, "resume", "active")


async def _order(run: WorkflowHandle[Any, Any], order: str, status: SubscriptionStatus) -> None:
    """Gives the order until it is carried out: SFT may refuse it, and then nothing has changed."""
    reason = LifecycleOrder(reason="system")
    while True:
        try:
            ordered = await insist(lambda: run.execute_update(order, reason, result_type=Subscription))
        except WorkflowUpdateFailedError:
            ordered = None
        if ordered and ordered.status == status:
            return
        await asyncio.sleep(PAUSE_SECONDS)
