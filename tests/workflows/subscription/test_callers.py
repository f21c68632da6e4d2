"""Callers who wait lock nothing: Temporal lets ten updates be under way in a run, and some places have to stay free."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateHandle, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.purchase import AddonPurchase
from contract.subscription import Subscription
from tests.support.seller import Seller, eventually, seller
from tests.support.short_histories import few_updates
from tools.simulator.fault import Fault
from workflows import callers, orders
from workflows.state import SubscriptionState

ORDER = {"reason": "non_payment"}


async def send(shop: Seller, endpoint_id: str, purchase: AddonPurchase) -> WorkflowUpdateHandle[Addon]:
    """Sends a purchase as a patient portal does that does not know of update ids."""
    return await shop.run_of(endpoint_id).start_update(
        "purchase_addon", purchase, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=Addon
    )


async def change(shop: Seller, endpoint_id: str, update: str) -> Subscription:
    async with asyncio.timeout(5):
        subscription: Subscription = await shop.run_of(endpoint_id).execute_update(
            update, args=[] if update == "refresh_usage" else [ORDER], result_type=Subscription
        )
    return subscription


@pytest.mark.parametrize("different", [True, False])
async def test_nobody_waits_on_a_suspended_esim_and_it_can_be_resumed(shop: Seller, different: bool) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    await change(shop, endpoint_id, "suspend")
    one = shop.addon()
    sent = [await send(shop, endpoint_id, shop.addon() if different else one) for _ in range(20)]
    assert {(await update.result()).status for update in sent} == {"pending"}
    assert (await change(shop, endpoint_id, "refresh_usage")).status == "suspended"
    assert (await change(shop, endpoint_id, "resume")).status == "active"
    subscription = await shop.settled(endpoint_id)
    assert [addon.status for addon in subscription.addons] == ["provisioned"] * (21 if different else 2)
    assert shop.platform.calls["SubscribeAddon"] == len(subscription.addons)
    await change(shop, endpoint_id, "close")


async def test_who_waits_when_the_esim_is_suspended_is_answered(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1, times=0))
    first, second = [await send(shop, endpoint_id, shop.addon()) for _ in range(2)]
    await change(shop, endpoint_id, "suspend")
    assert (await first.result()).status == "provisioned"
    assert (await second.result()).status == "pending"


@pytest.mark.long
async def test_in_an_outage_with_fifty_purchases_there_is_room_for_orders_and_refreshes(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=0))
    sent = [await send(shop, endpoint_id, shop.addon()) for _ in range(50)]
    waiting = sent[: callers.MOST_PURCHASES]
    assert {(await update.result()).status for update in sent[len(waiting) :]} == {"pending"}
    for _ in range(10):
        for order in ("suspend", "resume", "close", "refresh_usage"):
            await shop.run_of(endpoint_id).start_update(
                order, args=[] if order == "refresh_usage" else [ORDER], wait_for_stage=WorkflowUpdateStage.ACCEPTED
            )
    subscription = await shop.subscription(endpoint_id)
    assert [addon.status for addon in subscription.addons] == ["provisioned"] + ["pending"] * 50
    shop.platform.clear_faults()
    assert (await shop.run_of(endpoint_id).result()).status == "closed"


async def test_a_purchase_that_is_sent_again_takes_the_place_of_the_first(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1.5))
    purchase = shop.addon()
    sent = [await send(shop, endpoint_id, purchase) for _ in range(12)]
    answers = [await update.result() for update in sent]
    assert [addon.status for addon in answers] == ["pending"] * 11 + ["provisioned"]


async def test_orders_are_taken_as_signals_and_those_that_make_no_sense_are_ignored(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run, requests = shop.run_of(endpoint_id), shop.platform.calls["EndPointLifeCycleChange"]
    for nonsense in ([], [{"reason": "boredom"}], ["now"]):
        await run.signal("suspend_requested", args=nonsense)
    for _ in range(20):
        await run.signal("suspend_requested", ORDER)
    await shop.becomes(endpoint_id, "suspended")
    assert shop.platform.endpoint(endpoint_id).reason == "2"
    await run.signal("resume_requested", ORDER)
    await shop.becomes(endpoint_id, "active")
    assert shop.platform.calls["EndPointLifeCycleChange"] == requests + 2
    await run.signal("close_requested", ORDER)
    assert (await run.result()).status == "closed"


async def test_orders_without_end_wait_in_a_short_line_and_the_last_of_them_holds(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="error_before", times=0, endpoint_id=endpoint_id))
    for _ in range(30):
        await run.signal("suspend_requested", ORDER)
        await run.signal("resume_requested", ORDER)
    waiting = (await run.query("last_state", result_type=SubscriptionState)).changes
    assert (waiting[0].to, waiting[-1].to, len(waiting)) == ("suspended", "active", orders.MOST_WAITING + 1)
    shop.platform.clear_faults()

    async def is_carried_out() -> bool:
        return not (await run.query("last_state", result_type=SubscriptionState)).changes

    await eventually(is_carried_out)
    assert (await shop.subscription(endpoint_id)).status == "active"
    assert shop.platform.endpoint(endpoint_id).status == "Active"


async def test_an_order_that_is_signalled_before_the_sale_changes_nothing(shop: Seller) -> None:
    sale = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    claimed = (await shop.reaches(sale, "needs_attention")).endpoint_id
    assert claimed is not None
    for signal in ("suspend_requested", "resume_requested", "close_requested"):
        await shop.run_of(claimed).signal(signal, ORDER)
    assert (await shop.subscription(claimed)).status == "provisioning"
    assert shop.platform.endpoint(claimed).status == "Active"
    await sale.cancel()


@pytest.fixture
async def strict() -> AsyncIterator[Client]:
    async with few_updates(in_all=20) as client:
        yield client


@pytest.mark.long
async def test_it_continues_as_new_before_temporal_takes_no_more_updates(strict: Client) -> None:
    async with seller(strict) as shop, shop.working():
        endpoint_id = (await shop.sell()).endpoint_id
        for _ in range(50):
            await change(shop, endpoint_id, "refresh_usage")
        await change(shop, endpoint_id, "suspend")


@pytest.mark.long
async def test_in_a_long_outage_places_are_kept_for_orders(strict: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MANY_UPDATES", 15)
    async with seller(strict) as shop, shop.working():
        endpoint_id = (await shop.sell()).endpoint_id
        shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=0))
        for _ in range(15):
            await send(shop, endpoint_id, shop.addon())
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await (await send(shop, endpoint_id, shop.addon())).result()
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "SftUnavailable"
        suspended = asyncio.create_task(change(shop, endpoint_id, "suspend"))
        signalled = shop.addon()
        await shop.run_of(endpoint_id).signal("addon_purchased", signalled)
        shop.platform.clear_faults()
        assert (await suspended).status == "suspended"
        assert (await (await send(shop, endpoint_id, signalled)).result()).status == "pending"
        await change(shop, endpoint_id, "resume")
        assert len((await shop.settled(endpoint_id)).addons) == 17
