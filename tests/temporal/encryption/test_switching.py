"""Plaintext is refused from some day on, while runs that began with it are under way: on the real server."""

from temporalio.client import Client, WorkflowExecutionStatus

from contract.purchase import PlanAmendment
from tests.support.encrypting_shop import use
from tests.support.failed_task import failed_task
from tests.support.seller import PLAN, PRODUCT, seller
from tools.simulator.fault import Fault


async def test_a_run_that_began_in_plaintext_waits_and_is_not_ended_by_the_setting(client: Client) -> None:
    async with seller(client) as shop:  # as yet without keys
        async with shop.working():
            sold = await shop.sell()
            shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
            purchase = await shop.start()
            await shop.reaches(purchase, "needs_attention")

        use(shop, 1)
        shop.settings["esim_require_encryption"] = True
        subscription = shop.run_of(sold.endpoint_id)
        async with shop.working():
            await purchase.signal("cleaned_up", "whatever")  # has a worker take it up
            await subscription.signal("look_soon")
            await failed_task(purchase)
            assert "came in plain text, which ESIM_REQUIRE_ENCRYPTION refuses" in await failed_task(subscription)
            for run in (purchase, subscription):
                assert (await run.describe()).status == WorkflowExecutionStatus.RUNNING

        shop.settings["esim_require_encryption"] = False
        async with shop.working():
            amendment = PlanAmendment(product=PRODUCT, plan_id=PLAN)
            await shop.client.get_workflow_handle(purchase.id).execute_update("amend_plan", amendment)
            assert (await shop.client.get_workflow_handle(purchase.id).result())["addon"]["status"] == "provisioned"
            assert (await shop.subscription(sold.endpoint_id)).status == "active"
