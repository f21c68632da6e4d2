import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from contract.subscription import Subscription
from tests.support.newer_build import newer
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller
from tests.support.subscription_states import bought, state_with
from tools.chaos.forces.record import Record
from tools.chaos.plan import Delivery, Purchase
from tools.chaos.portal import Portal
from tools.chaos.questions import CannotAnswer, Questions
from workflows.addon_queue import AddonQueue


async def test_a_run_that_only_the_newer_build_can_read_is_no_fault(client: Client) -> None:
    async with seller(client) as shop:
        state = state_with([bought(1)], shop.platform.endpoints[0].endpoint_id)
        id = state.subscription.subscription_id
        run = await newer(client).start_workflow(
            "TravelerSubscriptionWorkflow", state, id=id, task_queue=shop.task_queue
        )
        questions = Questions(client)
        async with shop.working():
            with pytest.raises(CannotAnswer):
                await questions.ask_once(client.get_workflow_handle(run.id), "subscription", result_type=Subscription)
        assert (questions.unread, questions.failed) == (1, {})
        await run.terminate()


async def test_the_portal_goes_on_where_a_query_fails_and_says_which_run_fails_and_why(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    with monkeypatch.context() as broken:
        broken.setattr(AddonQueue, "take_signalled", _fail)
        await run.signal("addon_purchased", shop.addon())
        portal = Portal(shop.client, Record(), shop.task_queue)
        top_up = Purchase(shop.addon().purchase_id, PRODUCT, PLAN, 0, (Delivery("purchase_addon", 0),))
        delivering = asyncio.create_task(portal.deliver_top_up("T-42", run.id, top_up, top_up.deliveries[0]))

        async def noted() -> bool:
            return bool(portal.questions.failed)

        await eventually(noted)
    assert "what the code does not know" in portal.questions.failed[run.id]
    await asyncio.wait_for(delivering, timedelta(seconds=60).total_seconds())
    assert portal.answers == {"provisioned": 1}


def _fail(_queue: AddonQueue, _purchase: Any) -> None:
    raise KeyError("what the code does not know")
