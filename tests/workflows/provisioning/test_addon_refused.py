"""Step 3: an add-on that SFT refuses waits a day for ``amend_plan``."""

from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.purchase import PlanAmendment
from tests.support.sales import failure
from tests.support.seller import Seller, eventually, seller
from workflows import provisioning

DAILY = "PLAN-WAKANDA-DAILY"


async def test_a_refused_addon_waits_for_an_amendment(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF", product="Wakanda Dayly"))
    attention = await shop.reaches(run, "needs_attention")
    assert "PLAN-UNHEARD-OF" in attention.detail
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id=DAILY))
    sold = await run.result()
    assert (sold.addon.product, sold.addon.plan_id) == ("Wakanda Daily", DAILY)
    [addon] = (await shop.subscription(sold.endpoint_id)).addons
    assert (addon.plan_id, addon.unique_id, addon.status) == (DAILY, sold.addon.unique_id, "provisioned")


async def test_who_amended_a_sale_stands_in_the_record_of_its_esim(shop: Seller) -> None:
    purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
    run = await shop.start(purchase)
    for plan_id, by in (("PLAN-UNHEARD-OF-TOO", "anna"), (DAILY, "ben")):
        await shop.reaches(run, "needs_attention")
        await run.execute_update("amend_plan", PlanAmendment(product="Daily", plan_id=plan_id, ordered_by=by))
    endpoint_id = (await run.result()).endpoint_id

    async def recorded() -> bool:
        return len((await shop.subscription(endpoint_id)).orders) == 2

    await eventually(recorded)
    refused, done = (await shop.subscription(endpoint_id)).orders
    assert {order.order for order in (refused, done)} == {"amend_plan"}
    assert {order.purchase_id for order in (refused, done)} == {purchase.purchase_id}
    assert (refused.ordered_by, refused.reason) == ("anna", "Daily (PLAN-UNHEARD-OF-TOO)")
    assert refused.outcome.startswith("SFT refused add-on PLAN-UNHEARD-OF-TOO")
    assert (done.ordered_by, done.reason, done.outcome) == ("ben", f"Daily ({DAILY})", "done")
    assert refused.at < done.at


async def test_a_plan_is_amended_only_where_attention_is_needed(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        for amendment in (PlanAmendment(product="x", plan_id="y"), {"product": ""}, "nonsense"):
            with pytest.raises(WorkflowUpdateFailedError) as caught:
                await run.execute_update("amend_plan", amendment)
            assert isinstance(caught.value.cause, ApplicationError)
            assert caught.value.cause.type == "InvalidRequest"
        await run.cancel()


async def test_a_refused_addon_waits_a_day_for_its_amendment(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    timers = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        async for event in run.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]
    assert timers == [timedelta(hours=24)]
    await run.cancel()


async def test_a_refused_addon_that_nobody_amends_in_time_fails_the_purchase(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "AMENDMENT", timedelta(seconds=1))
    async with seller(client) as shop, shop.working():
        run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        refused = await failure(run)
        assert refused.type == "AddonRejected"
        assert "PLAN-UNHEARD-OF" in refused.message
        assert shop.platform.endpoints[0].status == "Suspended"
