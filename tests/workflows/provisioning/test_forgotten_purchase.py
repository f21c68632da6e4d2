"""What was sold is known for as long as its subscription lives, whatever has become of the run that sold it."""

from typing import cast

import pytest
from temporalio.client import Client, WorkflowFailureError

from contract.esim import ProvisionedEsim
from contract.order import LifecycleOrder
from contract.progress import Step
from contract.purchase import EsimPurchase, PlanAmendment
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import provision_id
from seller.client import SellerClient
from seller.errors import SellerError
from tests.support.forgetting import forget, found_by, sold_and_forgotten
from tests.support.mailbox import delivering
from tests.support.sales import failure, statuses
from tests.support.seller import PLAN, Seller, seller
from tests.support.short_histories import short_histories
from tools.simulator.fault import Fault

DAILY = "PLAN-WAKANDA-DAILY"


async def test_a_forgotten_purchase_is_not_sold_again(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await sold_and_forgotten(shop, purchase)
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())
    assert await shop.sell(purchase) == sold
    assert statuses(shop).count("Active") == 1
    assert shop.platform.calls["SubscribeAddon"] == 2


async def test_a_forgotten_purchase_is_told_of_as_before(shop: Seller) -> None:
    purchase, portal = shop.purchase(), SellerClient(shop.client, shop.task_queue)
    sold = await shop.sell(purchase)
    before = await portal.sales.sale(purchase.purchase_id)
    await found_by(shop, purchase)
    await forget(shop, provision_id(purchase.purchase_id))
    assert await portal.sales.sold(purchase.purchase_id) == sold
    assert await portal.sales.sold_within(purchase.purchase_id, 1) == sold
    assert await portal.look_up(purchase.purchase_id) == await portal.sales.status(purchase.purchase_id)
    after = await portal.sales.sale(purchase.purchase_id)
    assert abs((after.started_at - before.started_at).total_seconds()) < 10
    unlike = {"run_id", "started_at"}
    assert after.model_dump(exclude=unlike) == before.model_dump(exclude=unlike)
    assert await portal.sales.bought(purchase.purchase_id) == purchase
    esim = await portal.subscriptions.get(sold.endpoint_id)
    assert (await portal.subscriptions.sold_as(esim)).activation_code == sold.activation_code


async def test_a_forgotten_purchase_is_not_sold_as_something_else(shop: Seller) -> None:
    purchase = shop.purchase()
    await sold_and_forgotten(shop, purchase)
    refused = await failure(await shop.start(purchase.model_copy(update={"plan_id": DAILY})))
    assert (refused.type, purchase.purchase_id in refused.message) == ("InvalidRequest", True)
    assert statuses(shop).count("Active") == 1


async def test_a_forgotten_purchase_that_was_amended_is_known_by_what_it_was_made_as(shop: Seller) -> None:
    purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
    run = await shop.start(purchase)
    await shop.reaches(run, "needs_attention")
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id=DAILY))
    sold = await run.result()
    await forget(shop, run.id)
    assert await shop.sell(purchase) == sold
    amended = purchase.model_copy(update={"product": "Wakanda Daily", "plan_id": DAILY})
    await forget(shop, run.id)
    refused = await failure(await shop.start(amended))
    assert refused.type == "InvalidRequest"


async def test_a_closed_esim_whose_purchase_is_forgotten_is_not_sold_again(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await sold_and_forgotten(shop, purchase)
    await shop.run_of(sold.endpoint_id).execute_update("close", LifecycleOrder(reason="customer_service"))
    await shop.run_of(sold.endpoint_id).result()
    assert await shop.sell(purchase) == sold


@pytest.mark.long
async def test_what_was_sold_is_known_after_continue_as_new() -> None:
    async with short_histories(events=30) as client, seller(client) as shop, shop.working():
        purchase = shop.purchase()
        sold = await sold_and_forgotten(shop, purchase)
        run = shop.run_of(sold.endpoint_id)
        first = (await run.describe()).run_id
        while (await run.describe()).run_id == first:
            await run.execute_update("purchase_addon", shop.addon())
        assert await run.query("esim", result_type=ProvisionedEsim) == sold
        assert (await run.describe()).typed_search_attributes.get(FIRST_PURCHASE_ID) == purchase.purchase_id
        assert await shop.sell(purchase) == sold


async def terminated_at(step: Step, shop: Seller, purchase: EsimPurchase) -> str:
    """The endpoint of a purchase that was terminated at this step, once visibility lists its subscription."""
    run = await shop.start(purchase)
    endpoint_id = (await shop.reaches(run, step)).endpoint_id
    assert endpoint_id
    await found_by(shop, purchase)
    await run.terminate("by mistake")
    return endpoint_id


async def test_a_purchase_that_was_terminated_at_delivering_is_not_sold_again(client: Client) -> None:
    async with delivering(client) as (shop, mailbox):
        purchase, portal = shop.purchase(email="traveler@example.com"), SellerClient(shop.client, shop.task_queue)
        endpoint_id = await terminated_at("delivering", shop, purchase)
        status = await portal.sales.status(purchase.purchase_id)
        assert status
        assert (status.step, status.endpoint_id, status.error) == ("completed", endpoint_id, None)
        told = await portal.sales.sold(purchase.purchase_id)
        mailbox.is_awake.set()
        assert await shop.sell(purchase) == told
        assert (told.endpoint_id, told.addon.status) == (endpoint_id, "provisioned")
        assert statuses(shop).count("Active") == 1
        assert shop.platform.calls["SubscribeAddon"] == 1


async def test_what_a_terminated_purchase_had_not_sold_yet_does_not_count_as_sold(shop: Seller) -> None:
    purchase, portal = shop.purchase(plan_id="PLAN-UNHEARD-OF"), SellerClient(shop.client, shop.task_queue)
    endpoint_id = await terminated_at("needs_attention", shop, purchase)
    with pytest.raises(SellerError) as error:
        await portal.sales.sold(purchase.purchase_id)
    assert error.value.type == "Terminated"
    sold = await shop.sell(purchase.model_copy(update={"plan_id": PLAN}))
    assert sold.endpoint_id != endpoint_id


async def test_what_is_being_given_back_does_not_count_as_sold(client: Client) -> None:
    async with seller(client, sft_settle_seconds=3) as shop, shop.working():
        purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
        shop.platform.order(Fault(call="SubscribeAddon", kind="error_before"))
        run = await shop.start(purchase)
        endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
        assert endpoint_id
        await found_by(shop, purchase)
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        wanted = cast("type[ProvisionedEsim | None]", ProvisionedEsim | None)
        assert await shop.run_of(endpoint_id).query("esim", result_type=wanted) is None
        sold = await shop.sell(purchase.model_copy(update={"plan_id": PLAN}))
        assert sold.endpoint_id != endpoint_id
