"""What a purchase that ends without a sale does about the endpoint that it held."""

import pytest
from temporalio.client import Client, WorkflowFailureError

from tests.support.seller import eventually, seller
from tools.simulator.fault import Fault


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
