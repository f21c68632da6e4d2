"""Suspending, resuming and closing an eSIM on order, and cancelling its subscription."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from contract.addon import Addon
from contract.order import LifecycleOrder
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.seller import Seller, eventually
from tools.simulator.fault import Fault

LIFECYCLE = "EndPointLifeCycleChange"


async def ordered(shop: Seller, endpoint_id: str, change: str, reason: str = "customer_service") -> Subscription:
    run = shop.run_of(endpoint_id)
    subscription: Subscription = await run.execute_update(change, {"reason": reason}, result_type=Subscription)
    return subscription


async def refused(shop: Seller, endpoint_id: str, change: str, order: Any) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await shop.run_of(endpoint_id).execute_update(change, order)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


async def test_an_esim_is_suspended_and_resumed_at_sft_and_repeating_it_is_harmless(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    requests = shop.platform.calls[LIFECYCLE]
    assert (await ordered(shop, endpoint_id, "suspend")).status == "suspended"
    assert (await ordered(shop, endpoint_id, "suspend")).status == "suspended"
    assert shop.platform.endpoint(endpoint_id).status == "Suspended"
    assert (await ordered(shop, endpoint_id, "resume")).status == "active"
    assert (await ordered(shop, endpoint_id, "resume")).status == "active"
    assert shop.platform.endpoint(endpoint_id).status == "Active"
    assert shop.platform.calls[LIFECYCLE] == requests + 2


async def test_an_order_given_again_is_sent_to_sft_where_somebody_changed_it_there(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run, again = shop.run_of(endpoint_id), LifecycleOrder(reason="system", again=True)
    shop.platform.set_status(endpoint_id, "Suspended")
    assert (await run.execute_update("resume", again, result_type=Subscription)).status == "active"
    assert shop.platform.endpoint(endpoint_id).status == "Active"
    await ordered(shop, endpoint_id, "suspend")
    shop.platform.set_status(endpoint_id, "Active")
    await run.signal("suspend_requested", again)

    async def is_suspended() -> bool:
        return shop.platform.endpoint(endpoint_id).status == "Suspended"

    await eventually(is_suspended)


@pytest.mark.parametrize(("reason", "code"), [("system", "1"), ("non_payment", "2"), ("customer_service", "3")])
async def test_the_reason_is_sfts(shop: Seller, reason: str, code: str) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    await ordered(shop, endpoint_id, "suspend", reason)
    assert shop.platform.endpoint(endpoint_id).reason == code
    assert (await shop.subscription(endpoint_id)).suspended_because == reason
    assert (await ordered(shop, endpoint_id, "resume")).suspended_because is None


async def test_what_is_bought_while_suspended_is_pending_until_resume(shop: Seller) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=1000))  # watched from time to time
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    await ordered(shop, endpoint_id, "suspend")
    await run.signal("addon_purchased", shop.addon())
    answered = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
    assert answered.status == "pending"
    looks = shop.platform.calls["GetEndPointProfile"]

    async def watched() -> bool:
        return shop.platform.calls["GetEndPointProfile"] > looks + 1

    await eventually(watched)
    subscription = await shop.subscription(endpoint_id)
    assert [addon.status for addon in subscription.addons] == ["provisioned", "pending", "pending"]
    assert shop.platform.calls["SubscribeAddon"] == 2  # both of them for the first add-on
    await ordered(shop, endpoint_id, "resume")
    assert [addon.status for addon in (await shop.settled(endpoint_id)).addons] == ["provisioned"] * 3
    assert len(shop.platform.endpoint(endpoint_id).addons) == 3


@pytest.mark.parametrize("kind", ["answer_lost", "error_after"])
async def test_an_unanswered_order_that_was_done_is_looked_up_and_not_sent_again(shop: Seller, kind: Any) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    requests = shop.platform.calls[LIFECYCLE]
    shop.platform.order(Fault(call=LIFECYCLE, kind=kind))
    assert (await ordered(shop, endpoint_id, "suspend")).status == "suspended"
    assert shop.platform.endpoint(endpoint_id).status == "Suspended"
    assert shop.platform.calls[LIFECYCLE] == requests + 1


async def test_an_unanswered_order_that_was_not_done_is_sent_again(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    requests = shop.platform.calls[LIFECYCLE]
    shop.platform.order(Fault(call=LIFECYCLE, kind="error_before", status=502))
    assert (await ordered(shop, endpoint_id, "suspend")).status == "suspended"
    assert shop.platform.endpoint(endpoint_id).status == "Suspended"
    assert shop.platform.calls[LIFECYCLE] == requests + 2


async def test_an_order_that_is_done_late_does_not_undo_what_was_ordered_since(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    endpoint = shop.platform.endpoint(endpoint_id)
    # The suspension is sent twice, and the first is carried out only after the eSIM was resumed.
    shop.platform.order(Fault(call=LIFECYCLE, kind="late", after_calls=3))
    await ordered(shop, endpoint_id, "suspend")
    await ordered(shop, endpoint_id, "resume")
    await eventually(lambda: _is(endpoint, "Suspended"))
    await eventually(lambda: _is(endpoint, "Active"))
    assert (await shop.subscription(endpoint_id)).status == "active"


async def _is(endpoint: Any, status: str) -> bool:
    return bool(endpoint.status == status)


async def test_an_order_that_sft_refuses_changes_nothing(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", times=2))
    failure = await refused(shop, endpoint_id, "suspend", {"reason": "system"})
    assert failure.type == "SftUnavailable"
    assert endpoint_id in failure.message
    assert (await shop.subscription(endpoint_id)).status == "active"
    assert (await refused(shop, endpoint_id, "close", {"reason": "system"})).type == "SftUnavailable"
    await ordered(shop, endpoint_id, "suspend")
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected"))
    assert (await refused(shop, endpoint_id, "resume", {"reason": "system"})).type == "ActivationRejected"
    assert (await shop.subscription(endpoint_id)).status == "suspended"


@pytest.mark.parametrize("first", ["suspend", None])
async def test_closing_suspends_the_endpoint_for_good(shop: Seller, first: str | None) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    if first:
        await ordered(shop, sold.endpoint_id, first)
        await run.signal("addon_purchased", shop.addon())
    closed = await ordered(shop, sold.endpoint_id, "close", "non_payment")
    assert closed.status == "closed"
    result = await run.result()
    assert result.status == "closed"
    assert [addon.error.type for addon in result.addons[1:] if addon.error] == ["Cancelled"] * len(result.addons[1:])
    assert shop.platform.endpoint(sold.endpoint_id).status == "Suspended"
    assert (await run.describe()).status == WorkflowExecutionStatus.COMPLETED
    with pytest.raises(WorkflowAlreadyStartedError):
        await shop.client.start_workflow(
            "TravelerSubscriptionWorkflow",
            id=sold.subscription_id,
            task_queue=shop.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        )
    with pytest.raises(RPCError):
        await run.signal("addon_purchased", shop.addon())


async def test_a_closed_subscription_that_still_watches_sft_refuses_purchases_and_orders(shop: Seller) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=1000))  # in doubt for a day
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    assert (await ordered(shop, sold.endpoint_id, "close")).status == "closed"
    failure = await refused(shop, sold.endpoint_id, "purchase_addon", shop.addon().model_dump())
    assert failure.type == "Cancelled"
    assert "another eSIM" in failure.message
    await run.signal("addon_purchased", shop.addon())
    [_, late] = (await shop.settled(sold.endpoint_id)).addons
    assert late.error is not None
    assert late.error.type == "Cancelled"
    assert "closed on order (customer service)" in late.error.message
    assert (await refused(shop, sold.endpoint_id, "resume", {"reason": "system"})).type == "InvalidRequest"
    assert (await ordered(shop, sold.endpoint_id, "close")).status == "closed"


async def test_orders_that_cannot_be_read_or_come_too_early_are_refused(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    claimed = (await shop.reaches(run, "needs_attention")).endpoint_id
    assert claimed is not None
    for change in ("suspend", "resume", "close"):
        assert (await refused(shop, claimed, change, {"reason": "boredom"})).type == "InvalidRequest"
        failure = await refused(shop, claimed, change, {"reason": "system"})
        assert failure.type == "InvalidRequest"
        assert "provisioning" in failure.message
    assert shop.platform.endpoint(claimed).status == "Active"
    await run.cancel()


async def test_orders_at_the_same_moment_are_carried_out_in_turn(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    requests = shop.platform.calls[LIFECYCLE]
    await asyncio.gather(*(ordered(shop, endpoint_id, "suspend") for _ in range(5)))
    assert shop.platform.calls[LIFECYCLE] == requests + 1


@pytest.mark.parametrize(("first", "second"), [("suspend", "resume"), ("resume", "suspend")])
async def test_an_order_that_comes_while_its_opposite_is_under_way_is_carried_out(
    shop: Seller, first: str, second: str
) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    if first == "resume":
        await ordered(shop, endpoint_id, "suspend")
    shop.platform.order(Fault(call=LIFECYCLE, kind="delay", delay_seconds=0.5))
    under_way = asyncio.create_task(ordered(shop, endpoint_id, first))

    async def asked() -> bool:
        return shop.platform.faults["delay"] == 1

    await eventually(asked)
    answered = await ordered(shop, endpoint_id, second)
    await under_way
    assert answered.status == {"suspend": "suspended", "resume": "active"}[second]
    assert (await shop.subscription(endpoint_id)).status == answered.status
    assert shop.platform.endpoint(endpoint_id).status == {"suspend": "Suspended", "resume": "Active"}[second]


async def test_a_cancelled_subscription_is_suspended_and_cannot_be_claimed_again(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=0))
    pending = shop.addon()
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", pending)
    await shop.run_of(sold.endpoint_id).cancel()
    closed = await shop.run_of(sold.endpoint_id).result()
    assert closed.status == "closed"
    assert closed.addons[-1].error
    assert closed.addons[-1].error.type == "Cancelled"
    assert shop.platform.endpoint(sold.endpoint_id).status == "Suspended"
    with pytest.raises(WorkflowAlreadyStartedError):
        await shop.client.start_workflow(
            "TravelerSubscriptionWorkflow",
            id=subscription_id(sold.endpoint_id),
            task_queue=shop.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        )
