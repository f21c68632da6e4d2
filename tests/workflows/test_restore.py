"""What an operator terminated, restored from its last state: nothing is bought twice, nothing is lost."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from contract.failure import INVALID_REQUEST
from contract.search_attributes import FIRST_PURCHASE_ID, STATUS, TRAVELER_ID
from contract.workflow_ids import subscription_id
from seller.client import SellerClient
from seller.errors import SellerError
from tests.support import encrypting_shop
from tests.support.failed_task import failed_task
from tests.support.forgetting import found_by
from tests.support.mailbox import delivering
from tests.support.seller import Seller, eventually, seller
from tools.simulator.call import Call
from tools.simulator.fault import Fault

LIFECYCLE: Call = "EndPointLifeCycleChange"
SUBSCRIBE: Call = "SubscribeAddon"


def library(shop: Seller) -> SellerClient:
    return SellerClient(shop.client, shop.task_queue)


@pytest.fixture
async def slow_shop(client: Client) -> AsyncIterator[Seller]:
    """One that waits long for an answer of SFT's."""
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        yield shop


async def test_a_terminated_subscription_is_restored_with_all_it_knew(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await shop.sell(purchase)
    run, topped_up = shop.run_of(sold.endpoint_id), shop.addon()
    await run.execute_update("purchase_addon", topped_up)
    await run.execute_update("suspend", {"reason": "non_payment"})
    before, of_run = await shop.subscription(sold.endpoint_id), await run.describe()
    await run.terminate("by mistake")
    restored = await library(shop).restore(run.id)
    assert (restored.workflow_id, restored.ended, restored.is_checked) == (run.id, "terminated", True)
    assert restored.found == ["The endpoint is Suspended at SFT, as it has to be."]
    after, of_next = await shop.subscription(sold.endpoint_id), await run.describe()
    for addon in (*before.addons, *after.addons):
        addon.usage = None
    assert (after, of_next.status) == (before, WorkflowExecutionStatus.RUNNING)
    for key in (TRAVELER_ID, FIRST_PURCHASE_ID, STATUS):
        assert of_next.typed_search_attributes[key] == of_run.typed_search_attributes[key]
    assert await of_next.static_summary() == await of_run.static_summary()
    assert (await library(shop).sales.sold(purchase.purchase_id)).activation_code == sold.activation_code
    await run.execute_update("resume", {"reason": "non_payment"})
    assert (await run.execute_update("purchase_addon", topped_up))["status"] == "provisioned"
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == shop.platform.calls[SUBSCRIBE] == 2


async def interrupted_top_up(shop: Seller, fault: Fault) -> str:
    """The endpoint of an eSIM whose subscription is terminated while SubscribeAddon is on its way for it."""
    endpoint_id = (await shop.sell()).endpoint_id
    run, sent = shop.run_of(endpoint_id), shop.platform.calls[SUBSCRIBE]
    shop.platform.order(fault)
    await run.signal("addon_purchased", shop.addon())

    async def is_sent() -> bool:
        return shop.platform.calls[SUBSCRIBE] > sent

    await eventually(is_sent)
    await run.terminate("by mistake")
    return endpoint_id


async def test_an_addon_that_was_under_way_and_was_done_is_adopted(slow_shop: Seller) -> None:
    shop = slow_shop
    endpoint_id = await interrupted_top_up(shop, Fault(call=SUBSCRIBE, kind="delay", delay_seconds=3))
    restored = await library(shop).restore(endpoint_id)
    assert restored.is_checked
    assert "had been sent, and was done" in restored.found[-1]
    subscription = await shop.settled(endpoint_id)
    instances = [instance.unique_id for instance in shop.platform.endpoint(endpoint_id).addons]
    assert sorted(addon.unique_id or "" for addon in subscription.addons) == sorted(instances)
    assert len(instances) == shop.platform.calls[SUBSCRIBE] == 2


async def test_an_addon_that_was_under_way_and_is_made_late_is_sent_again_and_the_late_one_removed(
    slow_shop: Seller,
) -> None:
    shop = slow_shop
    endpoint_id = await interrupted_top_up(shop, Fault(call=SUBSCRIBE, kind="late", delay_seconds=15))
    restored = await library(shop).restore(endpoint_id)
    assert "made nothing: sent again" in restored.found[-1]
    await shop.settled(endpoint_id)

    async def cleared() -> bool:
        return len((await shop.subscription(endpoint_id)).surplus_removed) == 1

    await eventually(cleared)
    subscription = await shop.subscription(endpoint_id)
    instances = [instance.unique_id for instance in shop.platform.endpoint(endpoint_id).addons]
    assert sorted(addon.unique_id or "" for addon in subscription.addons) == sorted(instances)
    assert len(instances) == 2


async def test_an_order_that_was_under_way_is_looked_up_before_it_is_sent_again(slow_shop: Seller) -> None:
    shop = slow_shop
    endpoint_id = (await shop.sell()).endpoint_id
    run, sent = shop.run_of(endpoint_id), shop.platform.calls[LIFECYCLE]
    shop.platform.order(Fault(call=LIFECYCLE, kind="delay", delay_seconds=3))
    await run.signal("suspend_requested", {"reason": "system"})

    async def is_sent() -> bool:
        return shop.platform.calls[LIFECYCLE] > sent

    await eventually(is_sent)
    await run.terminate("by mistake")
    restored = await library(shop).restore(endpoint_id)
    assert "Orders that are carried out now: 1." in restored.found
    await shop.becomes(endpoint_id, "suspended")
    assert shop.platform.endpoint(endpoint_id).status == "Suspended"
    assert shop.platform.calls[LIFECYCLE] == sent + 1


async def test_what_sft_did_meanwhile_is_found_and_put_right(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    await shop.run_of(endpoint_id).terminate("by mistake")
    shop.platform.set_status(endpoint_id, "Suspended")
    restored = await library(shop).restore(endpoint_id)
    assert restored.found == ["The endpoint is Suspended at SFT, and has to be Active: that is put right."]

    async def active() -> bool:
        return shop.platform.endpoint(endpoint_id).status == "Active"

    await eventually(active)


async def test_signals_that_the_terminated_run_never_saw_are_taken(client: Client) -> None:
    async with seller(client) as shop:
        async with shop.working():
            endpoint_id = (await shop.sell()).endpoint_id
        run, addon = shop.run_of(endpoint_id), shop.addon()
        await run.signal("addon_purchased", addon)
        await run.signal("close_requested", {"reason": "system"})
        await run.terminate("by mistake")
        async with shop.working():
            await library(shop).restore(endpoint_id)
            await shop.becomes(endpoint_id, "closed")
        assert (await shop_addons(shop, endpoint_id))[addon.purchase_id] in ("failed", "provisioned")
        assert shop.platform.endpoint(endpoint_id).status == "Suspended"


async def test_what_was_terminated_while_no_worker_could_decrypt_its_signal_is_restored_with_the_key(
    client: Client,
) -> None:
    async with encrypting_shop.encrypting_shop(client) as shop:
        async with shop.working():
            endpoint_id = (await shop.sell()).endpoint_id
        run, addon = shop.run_of(endpoint_id), shop.addon()
        await run.signal("addon_purchased", addon)
        encrypting_shop.use(shop, 2)
        async with shop.working():
            await failed_task(run)
            await run.terminate("by mistake")
            with pytest.raises(SellerError, match="is encrypted with key k1:") as caught:
                await library(shop).restore(endpoint_id)
            assert caught.value.type == "UnknownKey"
        encrypting_shop.use(shop, 2, 1)
        async with shop.working():
            assert (await library(shop).restore(endpoint_id)).is_checked

            async def bought() -> bool:
                return len(shop.platform.endpoint(endpoint_id).addons) == 2

            await eventually(bought)


async def shop_addons(shop: Seller, endpoint_id: str) -> dict[str, str]:
    async with shop.working():
        return {addon.purchase_id: addon.status for addon in (await shop.subscription(endpoint_id)).addons}


async def test_a_subscription_that_was_terminated_before_its_first_task_is_restored(client: Client) -> None:
    async with seller(client) as shop:
        async with shop.working():
            sold = await shop.sell()
            run = shop.run_of(sold.endpoint_id)
            state = await run.query("last_state", result_type=dict[str, Any])
            await run.terminate("by mistake")
        await client.start_workflow(
            "TravelerSubscriptionWorkflow", state, id=run.id, task_queue=shop.task_queue, result_type=dict
        )
        await run.terminate("by mistake, again")
        async with shop.working():
            restored = await library(shop).restore(run.id)
            assert restored.found == ["The endpoint is Active at SFT, as it has to be."]
            assert (await shop.subscription(sold.endpoint_id)).status == "active"


async def test_restoring_twice_restores_once_and_tells_again_what_was_found(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    await shop.run_of(endpoint_id).terminate("by mistake")
    first = await library(shop).restore(endpoint_id)
    assert await library(shop).restore(endpoint_id) == first


async def test_what_was_not_ended_from_outside_is_not_restored(shop: Seller) -> None:
    purchase = shop.purchase()
    endpoint_id = (await shop.sell(purchase)).endpoint_id
    run = shop.run_of(endpoint_id)
    sentences = []
    for name in (purchase.purchase_id, endpoint_id):
        with pytest.raises(SellerError) as caught:
            await library(shop).restore(name)
        assert caught.value.type == INVALID_REQUEST
        sentences.append(caught.value.message)
    await run.execute_update("close", {"reason": "system"})
    await run.result()
    with pytest.raises(SellerError, match="closed or quarantined") as caught:
        await library(shop).restore(endpoint_id)
    assert "has sold an eSIM" in sentences[0]
    assert "runs: there is nothing to restore" in sentences[1]
    with pytest.raises(SellerError) as caught:
        await library(shop).restore("nothing-of-that-name")
    assert caught.value.type == "NotFound"


async def test_a_subscription_that_is_being_sold_is_left_to_its_purchase(shop: Seller) -> None:
    purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
    sale = await shop.start(purchase)
    attention = await shop.reaches(sale, "needs_attention")
    assert attention.endpoint_id
    await shop.run_of(attention.endpoint_id).terminate("by mistake")
    with pytest.raises(SellerError, match="starts it again by itself"):
        await library(shop).restore(attention.endpoint_id)
    await sale.cancel()


async def test_a_purchase_and_its_subscription_that_were_terminated_are_cleaned_up_and_sold_again(shop: Seller) -> None:
    purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
    sale = await shop.start(purchase)
    attention = await shop.reaches(sale, "needs_attention")
    assert attention.endpoint_id
    await sale.terminate("by mistake")
    await shop.run_of(attention.endpoint_id).terminate("by mistake")
    await found_by(shop, purchase)
    restored = await library(shop).restore(purchase.purchase_id)
    assert restored.workflow_id == sale.id
    assert "is restored" in restored.found[0]
    assert "started again" in restored.found[-1]
    again = await shop.reaches(shop.client.get_workflow_handle(sale.id), "needs_attention")
    assert again.endpoint_id != attention.endpoint_id

    async def suspended() -> bool:
        return shop.platform.endpoint(attention.endpoint_id or "").status == "Suspended"

    await eventually(suspended)
    await shop.client.get_workflow_handle(sale.id).cancel()


async def test_a_sale_that_stands_is_told_and_not_started_again(client: Client) -> None:
    async with delivering(client) as (shop, mailbox):
        purchase = shop.purchase(email="traveler@example.com")
        sale = await shop.start(purchase)
        endpoint_id = (await shop.reaches(sale, "delivering")).endpoint_id or ""
        await found_by(shop, purchase)
        await sale.terminate("by mistake")
        await shop.run_of(endpoint_id).terminate("by mistake, too")
        restored = await library(shop).restore(purchase.purchase_id)
        mailbox.is_awake.set()
        assert restored.workflow_id == subscription_id(endpoint_id)
        assert "is restored" in restored.found[0]
        assert "It had sold an eSIM" in restored.found[-1]
        assert (await shop.subscription(endpoint_id)).status == "active"
        assert shop.platform.calls[SUBSCRIBE] == 1


async def test_no_rival_gets_the_endpoint_of_a_terminated_subscription(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working():
        purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
        sale = await shop.start(purchase)
        attention = await shop.reaches(sale, "needs_attention")
        endpoint_id = attention.endpoint_id or ""
        await shop.run_of(endpoint_id).terminate("by mistake")
        shop.platform.set_status(endpoint_id, "Pre-Active")  # as where it is terminated before the activation
        rival = await shop.start()
        await shop.reaches(rival, "waiting_for_stock")
        described = await client.get_workflow_handle(subscription_id(endpoint_id)).describe()
        assert described.status == WorkflowExecutionStatus.TERMINATED
        await sale.cancel()
        await rival.cancel()
