"""Plaintext is refused from some day on, while runs that began with it are under way: on the real server."""

import dataclasses

from temporalio.client import Client, WorkflowExecutionStatus

from contract.purchase import PlanAmendment
from tests.support.encrypting_shop import encrypting_shop, failed_task, with_keys
from tests.support.encryption_keys import ring
from tests.support.seller import PLAN, PRODUCT, Run, eventually
from tools.simulator.fault import Fault


async def test_a_run_that_began_in_plaintext_waits_and_is_not_ended_by_the_setting(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
            begun = await dataclasses.replace(shop, client=client).start()
            run: Run = shop.client.get_workflow_handle(begun.id)
            await shop.reaches(run, "needs_attention")

        shop.settings["esim_require_encryption"] = True
        shop.client = with_keys(client, ring(1, is_required=True))
        amendment = PlanAmendment(product=PRODUCT, plan_id=PLAN)
        async with shop.working():
            await run.signal("cleaned_up", "whatever")  # has a worker take it up
            assert "came in plain text, which ESIM_REQUIRE_ENCRYPTION refuses" in await failed_task(run)
            assert (await run.describe()).status == WorkflowExecutionStatus.RUNNING

        shop.settings["esim_require_encryption"] = False
        async with shop.working():
            await run.execute_update("amend_plan", amendment)

            async def sold() -> bool:
                return (await run.describe()).status == WorkflowExecutionStatus.COMPLETED

            await eventually(sold)
