"""Nothing is left behind on an endpoint, however late SFT does what it did not answer."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.support.seller import Run, Seller, eventually
from tools.simulator.fault import Fault

ACTIVATE = "EndPointLifeCycleChange"
SUBSCRIBE = "SubscribeAddon"

BEYOND_THE_SETTLE_WINDOW = 6.0
"""Seconds: an unanswered call is given up after 2, and then looked for at 0, 1 and 3."""


async def called(shop: Seller, call: str, times: int = 1) -> None:
    async def enough() -> bool:
        return shop.platform.calls[call] >= times

    await eventually(enough)


async def ended(run: Run) -> None:
    async def closed() -> bool:
        return (await run.describe()).close_time is not None

    await eventually(closed)


async def cancelled_in_doubt(shop: Seller, call: str) -> None:
    """A purchase that was cancelled while a call was under way that SFT will do late."""
    shop.platform.order(Fault.model_validate({"call": call, "kind": "late", "delay_seconds": BEYOND_THE_SETTLE_WINDOW}))
    run = await shop.start()
    await called(shop, call)
    await run.cancel()
    await ended(run)


async def ends_suspended(shop: Seller) -> None:
    """The endpoint that was used, once SFT has done all that it does late."""
    await shop.platform.late_work_done()
    endpoint = next(endpoint for endpoint in shop.platform.endpoints if endpoint.history)

    async def suspended() -> bool:
        return endpoint.status == "Suspended"

    await eventually(suspended)


async def test_a_surplus_whose_removal_was_not_answered_is_reported(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(
        Fault(call=SUBSCRIBE, kind="late", delay_seconds=BEYOND_THE_SETTLE_WINDOW),
        Fault(call="endpoint", kind="answer_lost"),
    )
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    endpoint = shop.platform.endpoint(sold.endpoint_id)

    async def removed() -> list[str]:
        return [addon.unique_id for addon in endpoint.removed_addons]

    [surplus] = await eventually(removed)

    async def reported() -> bool:
        return (await shop.subscription(sold.endpoint_id)).surplus_removed == [surplus]

    await eventually(reported)


async def test_an_activation_that_is_done_long_after_its_purchase_was_cancelled_does_not_last(shop: Seller) -> None:
    await cancelled_in_doubt(shop, ACTIVATE)
    await ends_suspended(shop)


async def test_an_activation_that_is_done_again_after_the_suspension_does_not_last(shop: Seller) -> None:
    shop.platform.order(
        Fault(call=ACTIVATE, kind="late", delay_seconds=12),
        Fault(call=SUBSCRIBE, kind="rejected", times=0),
    )
    run = await shop.start()
    await shop.reaches(run, "needs_attention")
    await run.cancel()
    await ended(run)
    await ends_suspended(shop)


async def test_an_addon_that_is_done_long_after_its_purchase_was_cancelled_is_removed(shop: Seller) -> None:
    await cancelled_in_doubt(shop, SUBSCRIBE)
    await shop.platform.late_work_done()
    endpoint = next(endpoint for endpoint in shop.platform.endpoints if endpoint.history)

    async def empty() -> bool:
        return not endpoint.addons and bool(endpoint.removed_addons)

    await eventually(empty)


async def test_an_addon_that_is_done_long_after_its_subscription_was_cancelled_is_removed(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call=SUBSCRIBE, kind="late", delay_seconds=BEYOND_THE_SETTLE_WINDOW))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    await called(shop, SUBSCRIBE, times=2)
    await shop.run_of(sold.endpoint_id).cancel()
    await shop.platform.late_work_done()
    endpoint = shop.platform.endpoint(sold.endpoint_id)

    async def removed() -> bool:
        return len(endpoint.addons) == 1 and len(endpoint.removed_addons) == 1

    await eventually(removed)
    assert endpoint.status == "Suspended"
    assert [addon.status for addon in (await shop.subscription(sold.endpoint_id)).addons] == ["provisioned", "failed"]


async def test_an_endpoint_that_is_still_watched_takes_no_more_purchases(shop: Seller) -> None:
    shop.platform.order(Fault(call=SUBSCRIBE, kind="error_before"))
    run = await shop.start()
    await called(shop, SUBSCRIBE)
    await run.cancel()
    await ended(run)
    endpoint = next(endpoint for endpoint in shop.platform.endpoints if endpoint.history)
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await shop.run_of(endpoint.endpoint_id).execute_update("purchase_addon", shop.addon())
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "Cancelled"
    assert (await shop.subscription(endpoint.endpoint_id)).status == "quarantined"
    assert endpoint.status == "Suspended"
    assert (await shop.sell()).endpoint_id != endpoint.endpoint_id
