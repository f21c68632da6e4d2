"""Taking an add-on off on order: that one and no other, once, whatever SFT answers."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.subscription import Subscription
from tests.support.seller import Seller, eventually
from tools.simulator.fault import Fault

PATCH = "endpoint"


async def removed(shop: Seller, endpoint_id: str, purchase_id: str, **more: Any) -> Addon:
    order = {"purchase_id": purchase_id, "reason": "bought twice by mistake"} | more
    addon: Addon = await shop.run_of(endpoint_id).execute_update("remove_addon", order, result_type=Addon)
    return addon


async def refused(shop: Seller, endpoint_id: str, purchase_id: str) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await removed(shop, endpoint_id, purchase_id)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


async def bought(shop: Seller, endpoint_id: str, count: int) -> list[Addon]:
    run = shop.run_of(endpoint_id)
    return [await run.execute_update("purchase_addon", shop.addon(), result_type=Addon) for _ in range(count)]


def left_at_sft(shop: Seller, endpoint_id: str) -> set[str]:
    return {instance.unique_id for instance in shop.platform.endpoint(endpoint_id).addons}


async def test_the_one_that_is_named_goes_and_others_of_the_same_plan_stay(shop: Seller) -> None:
    sold = await shop.sell()
    one, two, three = await bought(shop, sold.endpoint_id, 3)
    gone = await removed(shop, sold.endpoint_id, two.purchase_id, ordered_by="anna")
    assert (gone.status, gone.removed_because, gone.unique_id) == ("removed", "bought twice by mistake", two.unique_id)
    assert gone.removed_at is not None
    assert left_at_sft(shop, sold.endpoint_id) == {sold.addon.unique_id, one.unique_id, three.unique_id}
    subscription = await shop.subscription(sold.endpoint_id)
    assert [addon.status for addon in subscription.addons] == ["provisioned", "provisioned", "removed", "provisioned"]
    [order] = subscription.orders
    assert (order.order, order.ordered_by, order.purchase_id, order.outcome) == (
        "remove_addon",
        "anna",
        two.purchase_id,
        "done",
    )


async def test_the_first_addon_can_go_and_what_was_sold_is_still_known(shop: Seller) -> None:
    sold = await shop.sell()
    await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert left_at_sft(shop, sold.endpoint_id) == set()
    esim = await shop.run_of(sold.endpoint_id).query("esim")
    assert (esim["activation_code"], esim["addon"]["status"]) == (sold.activation_code, "removed")


async def test_a_removal_given_again_is_the_same_and_asks_sft_for_nothing(shop: Seller) -> None:
    sold = await shop.sell()
    first = await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    calls = shop.platform.calls.total()
    again = await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert (again, shop.platform.calls.total()) == (first, calls)


async def test_many_who_order_the_same_at_once_are_one_removal(shop: Seller) -> None:
    sold = await shop.sell()
    await asyncio.gather(*(removed(shop, sold.endpoint_id, sold.addon.purchase_id) for _ in range(8)))
    subscription = await shop.subscription(sold.endpoint_id)
    assert (len(subscription.orders), shop.platform.calls[PATCH]) == (1, 1)


@pytest.mark.parametrize("kind", ["answer_lost", "error_after", "late"])
async def test_an_unanswered_removal_is_looked_up_and_no_other_instance_goes(shop: Seller, kind: Any) -> None:
    sold = await shop.sell()
    [kept] = await bought(shop, sold.endpoint_id, 1)
    shop.platform.order(Fault(call=PATCH, kind=kind))
    assert (await removed(shop, sold.endpoint_id, sold.addon.purchase_id)).status == "removed"
    await shop.platform.late_work_done()
    assert left_at_sft(shop, sold.endpoint_id) == {kept.unique_id}


async def test_a_removal_that_sft_refuses_changes_nothing_and_says_why(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call=PATCH, kind="rejected"))
    failure = await refused(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert failure.type == "AddonRejected"
    assert "SFT refused" in failure.message
    subscription = await shop.subscription(sold.endpoint_id)
    assert (subscription.addons[0].status, subscription.orders[0].outcome) == ("provisioned", failure.message)
    assert (await removed(shop, sold.endpoint_id, sold.addon.purchase_id)).status == "removed"


async def test_one_that_waits_for_resume_is_taken_out_of_the_queue(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("suspend", {"reason": "system"})
    [waiting] = await bought(shop, sold.endpoint_id, 1)
    gone = await removed(shop, sold.endpoint_id, waiting.purchase_id)
    assert (waiting.status, gone.status, gone.unique_id) == ("pending", "removed", None)
    await run.execute_update("resume", {"reason": "system"})
    [kept] = await bought(shop, sold.endpoint_id, 1)
    assert left_at_sft(shop, sold.endpoint_id) == {sold.addon.unique_id, kept.unique_id}


async def test_what_was_not_bought_here_or_failed_is_refused(shop: Seller) -> None:
    sold = await shop.sell()
    assert (await refused(shop, sold.endpoint_id, "P-unknown")).type == "InvalidRequest"
    failed = shop.addon(plan_id="no-such-plan")
    with pytest.raises(WorkflowUpdateFailedError):
        await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", failed)
    assert "failed" in (await refused(shop, sold.endpoint_id, failed.purchase_id)).message


async def test_a_purchase_that_was_removed_is_not_provisioned_again(shop: Seller) -> None:
    sold = await shop.sell()
    addon = shop.addon()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("purchase_addon", addon, id=addon.purchase_id)
    await removed(shop, sold.endpoint_id, addon.purchase_id)
    await run.signal("addon_purchased", addon)
    again = await run.execute_update("purchase_addon", addon, id=f"{addon.purchase_id}/again", result_type=Addon)
    assert again.status == "removed"
    assert left_at_sft(shop, sold.endpoint_id) == {sold.addon.unique_id}


async def test_its_last_reading_is_kept_and_a_new_one_leaves_it_alone(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    shop.platform.use(sold.endpoint_id, 5_000_000_000)
    read: Subscription = await run.execute_update("refresh_usage", result_type=Subscription)
    gone = await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert gone.usage == read.addons[0].usage
    after: Subscription = await run.execute_update("refresh_usage", result_type=Subscription)
    assert after.addons[0] == gone
    assert after.unmatched == []


async def test_a_removal_waits_for_what_is_being_provisioned_and_goes_before_the_purchases_that_wait(
    shop: Seller,
) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1.5))
    purchases = [shop.addon(), shop.addon()]
    for purchase in purchases:
        await run.signal("addon_purchased", purchase)

    async def sent() -> bool:
        return shop.platform.calls["SubscribeAddon"] == 2

    await eventually(sent)
    gone = await asyncio.gather(*(removed(shop, sold.endpoint_id, purchase.purchase_id) for purchase in purchases[1:]))
    assert gone[0].unique_id is None
    subscription = await shop.settled(sold.endpoint_id)
    assert [addon.status for addon in subscription.addons] == ["provisioned", "provisioned", "removed"]
    assert shop.platform.calls["SubscribeAddon"] == 2


async def test_a_removal_that_waits_while_the_esim_is_closed_is_told_so(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="delay", delay_seconds=1.5))
    closing = asyncio.create_task(run.execute_update("suspend", {"reason": "system"}))

    async def sent() -> bool:
        return shop.platform.calls["EndPointLifeCycleChange"] == 2

    await eventually(sent)
    waiting = asyncio.create_task(refused(shop, sold.endpoint_id, sold.addon.purchase_id))

    async def waits() -> bool:
        history = await run.fetch_history()
        return (
            sum(event.HasField("workflow_execution_update_accepted_event_attributes") for event in history.events) == 2
        )

    await eventually(waits)
    await run.signal("close_requested", {"reason": "system"})
    await closing
    assert (await waiting).type == "Cancelled"
