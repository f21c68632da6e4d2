"""What the portal is told of a first purchase that does not go well, and that one that does costs nothing for it."""

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError

from contract.purchase import PlanAmendment
from tests.support.event_receiver import EventReceiver, listening
from tests.support.seller import eventually, seller


async def told(portal: EventReceiver, *types: str) -> None:
    async def all_there() -> bool:
        return sorted(portal.types) == sorted(types)

    await eventually(all_there)


async def test_a_sale_that_needs_somebody_or_fails_is_told(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=2, **settings) as shop, shop.working():
        purchase = shop.purchase(plan_id="no-such-plan")
        run = await shop.start(purchase)
        await told(portal, "sale_needs_attention")
        [event] = portal.events
        assert event.sale is not None
        assert (event.sale.purchase_id, event.sale.plan_id) == (purchase.purchase_id, "no-such-plan")
        assert "amend_plan" in event.sale.detail
        assert (event.traveler_id, event.subscription_id, event.endpoint_id) == ("T-42", None, None)
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        await told(portal, "sale_needs_attention", "sale_failed")
        assert portal.events[1].sale is not None
        assert portal.events[1].sale.detail == "Nothing was sold: cancelled"
        assert len({event.event_id for event in portal.events}) == 2


async def test_a_sale_that_waits_for_stock_is_told_and_the_end_of_its_wait_too(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=0, **settings) as shop, shop.working():
        run = await shop.start(shop.purchase(stock_wait_seconds=2))
        with pytest.raises(WorkflowFailureError):
            await run.result()
        await told(portal, "sale_waiting_for_stock", "sale_failed")


async def test_a_failed_sale_does_not_wait_for_a_portal_that_is_down_and_is_told_once_it_is_up(client: Client) -> None:
    portal = EventReceiver(answer=503)
    async with listening(portal) as settings, seller(client, esims=0, **settings) as shop, shop.working():
        run = await shop.start(shop.purchase(stock_wait_seconds=0))
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert portal.types == []
        portal.answer = 204
        await told(portal, "sale_waiting_for_stock", "sale_failed")


async def test_a_sale_that_goes_well_starts_no_run_to_tell_of_it(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=1, **settings) as shop, shop.working():
        run = await shop.start()
        await run.result()
        started = EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
        children = [event for event in (await run.fetch_history()).events if event.event_type == started]
        assert len(children) == 1  # the subscription
        await told(portal, "esim_provisioned")


async def test_an_amended_sale_is_told_once(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=1, **settings) as shop, shop.working():
        run = await shop.start(shop.purchase(plan_id="no-such-plan"))
        await shop.reaches(run, "needs_attention")
        good = shop.purchase()
        await run.execute_update("amend_plan", PlanAmendment(product=good.product, plan_id=good.plan_id))
        await run.result()
        assert [kind for kind in portal.types if kind.startswith("sale_")] == ["sale_needs_attention"]
