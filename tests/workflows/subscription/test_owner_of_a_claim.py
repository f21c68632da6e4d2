"""A claimed eSIM that is not handed over: the subscription looks whether the purchase that claimed it still runs."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.messages import Owner
from contract.esim import AvailableEsim
from contract.purchase import PlanAmendment
from contract.search_attributes import STATUS
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.sales import failure
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller
from tools.simulator.endpoint import Endpoint, Status
from workflows import awaited_sale, state
from workflows.state import SubscriptionState


async def claimed_by_nobody(shop: Seller, endpoint: Endpoint) -> WorkflowHandle[object, Subscription]:
    """A subscription whose run of ProvisionEsimWorkflow was terminated, as an operator may do."""
    esim = AvailableEsim(
        endpoint_id=endpoint.endpoint_id, iccid=endpoint.iccid, activation_code=endpoint.activation_code
    )
    owner = Owner(workflow_id="provision-P-1", run_id="01a1ffb7-5038-76e5-b635-8c6c7924c04a")
    return await shop.client.start_workflow(
        "TravelerSubscriptionWorkflow",
        SubscriptionState.claimed(esim, shop.purchase(), owner, datetime.now(UTC)),
        id=subscription_id(endpoint.endpoint_id),
        task_queue=shop.task_queue,
        result_type=Subscription,
    )


@pytest.mark.parametrize("status", ["Active", "Suspended"])
async def test_an_endpoint_whose_purchase_was_terminated_is_suspended(
    skipping: WorkflowEnvironment, status: Status
) -> None:
    async with seller(skipping.client) as shop, shop.working():
        endpoint = shop.platform.endpoints[0]
        shop.platform.set_status(endpoint.endpoint_id, status)
        run = await claimed_by_nobody(shop, endpoint)
        assert (await run.result()).status == "quarantined"
        assert endpoint.status == "Suspended"


async def test_an_endpoint_whose_purchase_was_terminated_before_it_was_activated_is_released(
    skipping: WorkflowEnvironment,
) -> None:
    async with seller(skipping.client) as shop, shop.working():
        run = await claimed_by_nobody(shop, shop.platform.endpoints[0])
        assert (await failure(run)).type == "Released"


async def test_a_sale_that_takes_long_is_found_as_what_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state, awaited_sale):
        monkeypatch.setattr(module, "OWNER_LOOK", timedelta(seconds=1))
    async with seller(client) as shop, shop.working():
        sale = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        claimed = await shop.reaches(sale, "needs_attention")
        assert claimed.endpoint_id
        holder = shop.run_of(claimed.endpoint_id)

        async def found_as(status: str) -> None:
            async def is_found() -> bool:
                return (await holder.describe()).typed_search_attributes.get(STATUS) == status

            await eventually(is_found)

        await found_as("provisioning")
        await sale.execute_update("amend_plan", PlanAmendment(product=PRODUCT, plan_id=PLAN))
        await sale.result()
        await found_as("active")


async def test_a_subscription_that_is_cancelled_while_it_is_being_sold_is_closed_once_it_is(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
    assert endpoint_id
    await shop.run_of(endpoint_id).cancel()
    await run.execute_update("amend_plan", PlanAmendment(product=PRODUCT, plan_id=PLAN))
    assert (await run.result()).addon.status == "provisioned"
    assert (await shop.run_of(endpoint_id).result()).status == "closed"
    assert shop.platform.endpoint(endpoint_id).status == "Suspended"
