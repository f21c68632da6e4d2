"""Handing the eSIM over to its subscription, also if that was terminated meanwhile."""

import pytest
from temporalio.client import WorkflowFailureError

from contract.purchase import PlanAmendment
from tests.support.seller import Seller

DAILY = "PLAN-WAKANDA-DAILY"


async def test_a_subscription_that_was_terminated_before_the_hand_over_is_started_again(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    attention = await shop.reaches(run, "needs_attention")
    assert attention.endpoint_id
    await shop.run_of(attention.endpoint_id).terminate()
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id=DAILY))
    sold = await run.result()
    subscription = await shop.subscription(attention.endpoint_id)
    assert (subscription.status, subscription.addons[0].unique_id) == ("active", sold.addon.unique_id)


async def test_a_terminated_subscription_does_not_keep_a_cancelled_purchase_from_cleaning_up(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    attention = await shop.reaches(run, "needs_attention")
    assert attention.endpoint_id
    await shop.run_of(attention.endpoint_id).terminate()
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()
    assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"
