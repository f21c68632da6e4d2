"""An operator terminates a subscription by accident, and brings it back."""

import asyncio
from typing import TYPE_CHECKING, Final

from contract.failure import INVALID_REQUEST
from seller.client import SellerClient
from seller.errors import SellerError
from tools.chaos.insist import PAUSE_SECONDS, insist

# Not imported at runtime: the portal is whose eSIM it is.
if TYPE_CHECKING:
    from tools.chaos.portal import Portal

ANSWER_SECONDS: Final = 10.0


async def terminate_and_restore(portal: "Portal", subscription_id: str, due: float) -> None:
    """Terminates it, whatever is under way, and restores it until that has looked at everything."""
    await portal.until(due)
    run = portal.client.get_workflow_handle(subscription_id)
    await insist(lambda: run.terminate(reason="chaos"))
    seller = SellerClient(portal.client, portal.task_queue, patience=lambda: ANSWER_SECONDS)
    while True:
        try:
            if (await seller.restore(subscription_id)).is_checked:
                portal.record.happened["subscriptions terminated and restored"] += 1
                return
        except SellerError as refusal:
            if refusal.type == INVALID_REQUEST:
                portal.record.broken.append(f"{subscription_id} was terminated and is not restored: {refusal.message}")
                return  # any other passes: the server was killed just then, or no worker has answered yet
        await asyncio.sleep(PAUSE_SECONDS)
