"""What a purchase that ends without a sale does about the endpoint that it held."""

from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contract.purchase import PlanAmendment
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller
from tools.simulator.fault import Fault
from workflows import provisioning


async def test_giving_back_survives_a_dead_worker_and_an_sft_outage(client: Client) -> None:
    async with seller(client) as shop:
        async with shop.working():
            run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
            attention = await shop.reaches(run, "needs_attention")
            assert attention.endpoint_id
            shop.platform.order(Fault(call="*", kind="error_before", times=0))
            await run.cancel()

            async def sft_was_asked() -> bool:
                return shop.platform.log[-1].fault == "error_before"

            await eventually(sft_was_asked)
        assert shop.platform.endpoint(attention.endpoint_id).status == "Active"
        async with shop.working():
            shop.platform.clear_faults()
            with pytest.raises(WorkflowFailureError):
                await run.result()
        assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"


async def test_an_unanswered_suspension_is_repeated(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        attention = await shop.reaches(run, "needs_attention")
        assert attention.endpoint_id
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="reset"))
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"
        assert (await shop.subscription(attention.endpoint_id)).status == "quarantined"


async def test_a_purchase_that_is_cancelled_while_it_gives_back_ends_only_when_that_is_done(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "AMENDMENT", timedelta(seconds=1))
    async with seller(client) as shop, shop.working():
        run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
        assert endpoint_id
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="error_before", times=0))
        await shop.reaches(run, "failed")
        await run.cancel()

        async def sft_was_asked() -> bool:
            return shop.platform.calls["EndPointLifeCycleChange"] > 2

        await eventually(sft_was_asked)
        assert (await run.describe()).status == WorkflowExecutionStatus.RUNNING
        shop.platform.clear_faults()
        with pytest.raises(WorkflowFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, ApplicationError)
        assert caught.value.cause.type == "AddonRejected"
        assert shop.platform.endpoint(endpoint_id).status == "Suspended"


async def test_a_subscription_that_is_cancelled_while_it_is_being_sold_is_closed_once_it_is(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
    assert endpoint_id
    await shop.run_of(endpoint_id).cancel()
    await run.execute_update("amend_plan", PlanAmendment(product=PRODUCT, plan_id=PLAN))
    assert (await run.result()).addon.status == "provisioned"
    assert (await shop.run_of(endpoint_id).result()).status == "closed"
    assert shop.platform.endpoint(endpoint_id).status == "Suspended"
