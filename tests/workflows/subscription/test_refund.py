"""Giving an eSIM back: paid back if it was never used, and refused with the numbers if it was."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.order import Refund
from contract.subscription import Subscription
from tests.support.seller import Seller, eventually
from tools.simulator.fault import Fault


async def refunded(shop: Seller, endpoint_id: str) -> Refund:
    order = {"reason": "the trip was cancelled", "ordered_by": "anna"}
    answer: Refund = await shop.run_of(endpoint_id).execute_update("refund", order, result_type=Refund)
    return answer


async def test_an_unused_esim_is_emptied_closed_and_paid_back(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("purchase_addon", shop.addon())
    refund = await refunded(shop, sold.endpoint_id)
    assert refund.refundable
    assert [addon.usage and addon.usage.left for addon in refund.addons] == ["30.0 of 30.0 GB"] * 2
    at_sft = shop.platform.endpoint(sold.endpoint_id)
    assert (at_sft.status, at_sft.addons) == ("Suspended", [])
    closed = await run.result()
    assert (closed.status, closed.refund) == ("closed", refund)
    assert [addon.status for addon in closed.addons] == ["removed", "removed"]
    [order] = closed.orders
    assert (order.order, order.ordered_by, order.outcome) == ("refund", "anna", "done")


async def test_nobody_else_ever_gets_it(shop: Seller) -> None:
    sold = await shop.sell()
    await refunded(shop, sold.endpoint_id)
    other = await shop.sell()
    assert other.endpoint_id != sold.endpoint_id
    assert other.activation_code != sold.activation_code


async def test_a_used_esim_stays_as_it_is_and_the_answer_has_the_numbers(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, 1_000_000_000)
    lifecycles = shop.platform.calls["EndPointLifeCycleChange"]
    refund = await refunded(shop, sold.endpoint_id)
    assert not refund.refundable
    assert "29.0 of 30.0 GB left" in refund.reason
    assert sold.addon.purchase_id in refund.reason
    assert shop.platform.calls["EndPointLifeCycleChange"] == lifecycles
    subscription = await shop.subscription(sold.endpoint_id)
    assert (subscription.status, subscription.refund) == ("active", None)
    assert subscription.orders[0].outcome == refund.reason


async def test_one_that_was_used_between_the_reading_and_its_suspension_is_active_again(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="delay", delay_seconds=1))
    refunding = asyncio.create_task(refunded(shop, sold.endpoint_id))
    endpoint = shop.platform.endpoint(sold.endpoint_id)

    async def suspended() -> bool:  # the request was done, and its answer is under way
        return endpoint.status == "Suspended"

    await eventually(suspended)
    shop.platform.set_status(sold.endpoint_id, "Active")
    shop.platform.use(sold.endpoint_id, 1_000_000_000)
    assert not (await refunding).refundable
    assert (await shop.subscription(sold.endpoint_id)).status == "active"
    assert shop.platform.endpoint(sold.endpoint_id).status == "Active"
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 1


@pytest.mark.parametrize("status", ["downloaded", "installed", "deleted"])
async def test_one_whose_profile_may_have_been_installed_is_not_paid_back(shop: Seller, status: str) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.signal("profile_changed", {"changes": [{"status": status, "at": "2026-11-02T08:29:41Z"}]})
    refund = await refunded(shop, sold.endpoint_id)
    assert (refund.refundable, status in refund.reason) == (False, True)


async def test_an_addon_that_was_used_and_taken_off_counts_too(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    shop.platform.use(sold.endpoint_id, 1_000_000_000)
    await run.execute_update("refresh_usage", result_type=Subscription)
    await run.execute_update("remove_addon", {"purchase_id": sold.addon.purchase_id, "reason": "wrong plan"})
    assert not (await refunded(shop, sold.endpoint_id)).refundable


async def test_a_suspended_one_is_judged_as_it_is(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, 1)
    await shop.run_of(sold.endpoint_id).execute_update("suspend", {"reason": "system"})
    assert not (await refunded(shop, sold.endpoint_id)).refundable
    assert (await shop.subscription(sold.endpoint_id)).status == "suspended"


async def test_many_who_ask_at_once_get_one_decision(shop: Seller) -> None:
    sold = await shop.sell()
    answers = await asyncio.gather(*(refunded(shop, sold.endpoint_id) for _ in range(4)), return_exceptions=True)
    given = [answer for answer in answers if isinstance(answer, Refund)]
    assert given
    assert all(answer == given[0] for answer in given)
    assert len((await shop.run_of(sold.endpoint_id).result()).orders) == 1


async def test_while_sft_does_not_tell_nothing_is_decided_or_changed(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=1000))
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await refunded(shop, sold.endpoint_id)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "SftUnavailable"
    shop.platform.clear_faults()
    subscription = await shop.subscription(sold.endpoint_id)
    assert (subscription.status, [addon.status for addon in subscription.addons]) == ("active", ["provisioned"])
    assert (await refunded(shop, sold.endpoint_id)).refundable


async def test_what_waits_is_failed_and_an_unanswered_removal_is_looked_up(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("suspend", {"reason": "system"})
    await run.execute_update("purchase_addon", shop.addon())
    shop.platform.order(Fault(call="endpoint", kind="answer_lost"))
    assert (await refunded(shop, sold.endpoint_id)).refundable
    closed: Any = await run.result()
    assert [addon.status for addon in closed.addons] == ["removed", "failed"]
    assert (await run.describe()).status == WorkflowExecutionStatus.COMPLETED
