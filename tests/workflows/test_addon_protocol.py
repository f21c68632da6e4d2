"""Look, send once, settle: the add-on protocol against every way in which SubscribeAddon can go wrong."""

from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from contract.esim import ProvisionedEsim
from tests.support.seller import PLAN, Seller, eventually
from tools.simulator.fault import Fault

CALL = "SubscribeAddon"


async def top_up(shop: Seller, *faults: Fault) -> tuple[ProvisionedEsim, str]:
    """Sells an eSIM, then an add-on for it that meets these faults; the sale, and the uniqueId of the second add-on."""
    sold = await shop.sell()
    shop.platform.order(*faults)
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    _, second = (await shop.settled(sold.endpoint_id)).addons
    assert second.status == "provisioned"
    assert second.unique_id
    return sold, second.unique_id


def instances(shop: Seller, sold: ProvisionedEsim) -> list[str]:
    return [addon.unique_id for addon in shop.platform.endpoint(sold.endpoint_id).addons]


def calls_after_the_sale(shop: Seller) -> list[str]:
    names: list[str] = [entry.call for entry in shop.platform.log]
    return names[names.index(CALL) + 1 :]


async def settles(shop: Seller, sold: ProvisionedEsim) -> list[float]:
    """How many seconds each settle_addon in the subscription's history took."""
    scheduled: dict[int, float] = {}
    took = []
    async for event in shop.run_of(sold.endpoint_id).fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            if event.activity_task_scheduled_event_attributes.activity_type.name == "settle_addon":
                scheduled[event.event_id] = event.event_time.ToNanoseconds() / 1e9
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            start = scheduled.get(event.activity_task_completed_event_attributes.scheduled_event_id)
            if start is not None:
                took.append(event.event_time.ToNanoseconds() / 1e9 - start)
    return took


DONE = [
    Fault(call=CALL, kind="answer_lost"),
    Fault(call=CALL, kind="reset_after"),
    Fault(call=CALL, kind="error_after", status=503),
    *[Fault(call=CALL, kind="timeout_text", status=status) for status in (200, 504)],
    Fault(call=CALL, kind="delay", delay_seconds=2.5),
    Fault(call=CALL, kind="broken_json"),
    Fault(call=CALL, kind="html"),
    Fault(call=CALL, kind="empty_body"),
    Fault(call=CALL, kind="missing_field"),
    Fault(call=CALL, kind="late", delay_seconds=2.5),
]


@pytest.mark.parametrize("fault", DONE, ids=lambda fault: f"{fault.kind}-{fault.status}")
async def test_an_unanswered_addon_that_was_done_is_adopted(shop: Seller, fault: Fault) -> None:
    sold, second = await top_up(shop, fault)
    assert calls_after_the_sale(shop).count(CALL) == 1
    assert instances(shop, sold) == [sold.addon.unique_id, second]


NOT_DONE = [
    Fault(call=CALL, kind="error_before", status=503),
    Fault(call=CALL, kind="reset"),
    Fault(call=CALL, kind="timeout_text", status=200, done=False),
]


@pytest.mark.parametrize("fault", NOT_DONE, ids=lambda fault: fault.kind)
async def test_an_unanswered_addon_that_was_not_done_is_sent_again_after_the_settle_window(
    shop: Seller, fault: Fault
) -> None:
    sold, second = await top_up(shop, fault)
    assert calls_after_the_sale(shop).count(CALL) == 2
    assert instances(shop, sold) == [sold.addon.unique_id, second]
    [window] = await settles(shop, sold)
    assert window >= 1.0


@pytest.mark.parametrize(
    "fault",
    [Fault(call=CALL, kind="rate_limited", retry_after=1), Fault(call=CALL, kind="expired_http", times=2)],
    ids=lambda fault: fault.kind,
)
async def test_an_addon_that_was_certainly_not_sent_is_not_settled(shop: Seller, fault: Fault) -> None:
    sold, second = await top_up(shop, fault)
    assert instances(shop, sold) == [sold.addon.unique_id, second]
    assert await settles(shop, sold) == []


async def test_an_expired_token_is_renewed_within_the_call(shop: Seller) -> None:
    sold, second = await top_up(shop, Fault(call=CALL, kind="expired_envelope"))
    assert instances(shop, sold) == [sold.addon.unique_id, second]
    assert calls_after_the_sale(shop).count("RefreshToken") == 1


async def test_an_instance_that_was_there_before_is_never_adopted(shop: Seller) -> None:
    sold = await shop.sell()
    foreign = shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
    shop.platform.order(Fault(call=CALL, kind="error_before"))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    _, second = (await shop.settled(sold.endpoint_id)).addons
    assert second.unique_id not in (None, foreign.unique_id, sold.addon.unique_id)
    assert instances(shop, sold) == [sold.addon.unique_id, foreign.unique_id, second.unique_id]


async def test_an_addon_that_is_done_late_after_it_was_sent_again_is_removed_as_surplus(shop: Seller) -> None:
    sold, second = await top_up(shop, Fault(call=CALL, kind="late", delay_seconds=6))
    foreign = shop.platform.add_foreign_addon(sold.endpoint_id, "PLAN-WAKANDA-DAILY")
    await shop.platform.late_work_done()

    async def removed() -> bool:
        return bool((await shop.subscription(sold.endpoint_id)).surplus_removed)

    await eventually(removed)
    [surplus] = shop.platform.endpoint(sold.endpoint_id).removed_addons
    assert (await shop.subscription(sold.endpoint_id)).surplus_removed == [surplus.unique_id]
    assert instances(shop, sold) == [sold.addon.unique_id, second, foreign.unique_id]


async def test_the_first_addon_goes_through_the_same_protocol(shop: Seller) -> None:
    shop.platform.order(Fault(call=CALL, kind="answer_lost"))
    sold = await shop.sell()
    assert instances(shop, sold) == [sold.addon.unique_id]
    assert shop.platform.calls[CALL] == 1


@pytest.mark.parametrize("kind", ["error_before", "broken_json", "html", "empty_body", "reset", "rate_limited"])
async def test_a_look_that_fails_is_repeated(shop: Seller, kind: Any) -> None:
    sold, second = await top_up(shop, Fault(call="GetEndPointProfile", kind=kind))
    assert instances(shop, sold) == [sold.addon.unique_id, second]
    assert calls_after_the_sale(shop).count(CALL) == 1


async def test_an_instance_that_came_before_the_add_on_was_sent_again_is_never_adopted(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(
        Fault(call=CALL, kind="rate_limited", retry_after=1),
        Fault(call=CALL, kind="reset"),
    )
    sent = shop.platform.calls[CALL]
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())

    async def refused() -> bool:
        return shop.platform.calls[CALL] > sent

    await eventually(refused)
    foreign = shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
    _, second = (await shop.settled(sold.endpoint_id)).addons
    assert second.unique_id != foreign.unique_id
    assert shop.platform.calls[CALL] == sent + 3
