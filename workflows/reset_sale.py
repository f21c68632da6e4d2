"""A first purchase whose run was reset: what it sold stands, and otherwise nothing is sold by it."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.esim import ProvisionedEsim
from contract.failure import CANCELLED
from contract.purchase import EsimPurchase
from workflows.claim import EndpointClaim
from workflows.counting import count_failed_sale
from workflows.esim_finder import EsimFinder
from workflows.sale_display import SaleDisplay

LISTED: Final = timedelta(seconds=5)
"""For visibility to list what the run before did last: it is asked what was sold."""

WHY: Final = (
    "an operator reset this run, and what the one before had sent by then is not known: it sold nothing, and what it "
    "held is suspended within the hour"
)


async def until_listed() -> None:
    """A moment's pause."""
    await workflow.sleep(LISTED, summary="Reset: wait until visibility lists what the run before did")


async def what_was_sold(
    purchase: EsimPurchase | None, finder: EsimFinder, claim: EndpointClaim | None, display: SaleDisplay
) -> ProvisionedEsim:
    """The result of the run before this one, or of the subscription that it had sold.

    Raises:
        ApplicationError: ``Cancelled`` if nothing was sold. What was claimed is cleaned up as after a purchase that was
            terminated: by its subscription, which misses its owner within the hour, and takes no word of this run.
    """
    found = await finder.look_once(purchase)
    if found.earlier is not None:
        return found.earlier
    failure = ApplicationError(f"{WHY}; start the purchase again", type=CANCELLED, non_retryable=True)
    display.show("failed", claim.endpoint_id if claim else None, f"Nothing was sold: {failure.message}")
    await display.tell_failure()
    count_failed_sale(failure)
    raise failure
