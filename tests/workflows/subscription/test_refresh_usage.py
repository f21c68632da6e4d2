"""Usage that is read on order: by uniqueId, never by plan; what SFT dropped; what nobody here bought."""

import asyncio
from datetime import UTC, datetime

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.addon import Usage
from contract.subscription import Subscription
from tests.support.seller import PLAN, Seller, eventually, seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE

DAY = 86_400


def usages(subscription: Subscription) -> list[Usage]:
    assert all(addon.usage for addon in subscription.addons)
    return [addon.usage for addon in subscription.addons if addon.usage]


async def test_three_instances_of_one_plan_have_three_balances(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    for _ in range(2):
        await shop.run_of(endpoint_id).execute_update("purchase_addon", shop.addon())
    first, second, third = shop.platform.endpoint(endpoint_id).addons
    shop.platform.newest_first = True
    shop.platform.use(endpoint_id, 12 * GIGABYTE, second.unique_id)
    shop.platform.use(endpoint_id, 25 * GIGABYTE, third.unique_id)
    subscription = await shop.refreshed(endpoint_id)
    assert [usage.remaining_bytes // GIGABYTE for usage in usages(subscription)] == [30, 18, 5]
    assert [usage.granted_bytes // GIGABYTE for usage in usages(subscription)] == [30, 30, 30]
    assert [usage.state for usage in usages(subscription)] == ["waiting_for_first_use", "in_use", "in_use"]
    assert first.starts_at is None
    waiting, used, _ = usages(subscription)
    assert (waiting.starts_at, waiting.expires_at) == (None, None)
    assert second.starts_at is not None
    assert used.starts_at == second.starts_at.replace(microsecond=0)
    assert subscription == await shop.subscription(endpoint_id)


async def test_what_sft_dropped_keeps_its_last_reading_and_gets_its_final_state(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    await shop.run_of(endpoint_id).execute_update("purchase_addon", shop.addon())
    first, second = shop.platform.endpoint(endpoint_id).addons
    shop.platform.use(endpoint_id, 20 * GIGABYTE, first.unique_id)
    shop.platform.use(endpoint_id, GIGABYTE, second.unique_id)
    before = usages(await shop.refreshed(endpoint_id))
    shop.platform.use(endpoint_id, 10 * GIGABYTE, first.unique_id)
    assert [instance.unique_id for instance in shop.platform.endpoint(endpoint_id).addons] == [second.unique_id]
    used_up, in_use = usages(await shop.refreshed(endpoint_id))
    assert used_up == before[0].model_copy(update={"state": "used_up"})
    assert in_use.state == "in_use"
    shop.platform.clock.push(31 * DAY)
    assert not shop.platform.endpoint(endpoint_id).addons
    again, dropped = usages(await shop.refreshed(endpoint_id))
    assert again == used_up
    assert dropped.remaining_bytes == in_use.remaining_bytes
    # The clock of Temporal has not moved: by it, what SFT dropped with 29 GB left was not over by time.
    assert dropped.state == "used_up"


async def test_what_was_gone_before_it_was_ever_read_has_its_final_state(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, 30 * GIGABYTE)
    [usage] = usages(await shop.refreshed(sold.endpoint_id))
    assert (usage.granted_bytes, usage.remaining_bytes, usage.state) == (0, 0, "used_up")


async def test_an_addon_that_is_listed_after_its_end_has_expired(shop: Seller) -> None:
    sold = await shop.sell()
    [instance] = shop.platform.endpoint(sold.endpoint_id).addons
    shop.platform.use(sold.endpoint_id, GIGABYTE)
    assert instance.starts_at is not None
    instance.plan = instance.plan.model_copy(update={"recurring": True})
    instance.expires_at = instance.starts_at
    instance.ended_by = "expired"  # the simulated SFT leaves it alone now
    [usage] = usages(await shop.refreshed(sold.endpoint_id))
    assert usage.state == "expired"
    assert usage.remaining_bytes == 29 * GIGABYTE


async def test_instances_that_nobody_here_bought_are_reported(shop: Seller) -> None:
    sold = await shop.sell()
    foreign = shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
    subscription = await shop.refreshed(sold.endpoint_id)
    assert subscription.unmatched == [foreign.unique_id]
    assert [addon.unique_id for addon in subscription.addons] == [sold.addon.unique_id]
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())
    assert (await shop.refreshed(sold.endpoint_id)).unmatched == [foreign.unique_id]


async def test_a_burst_of_refreshes_is_one_look(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call="GetEndPointProfile", kind="delay", delay_seconds=0.5))
    looks = shop.platform.calls["GetEndPointProfile"]
    await asyncio.gather(*(shop.refreshed(sold.endpoint_id) for _ in range(5)))
    assert shop.platform.calls["GetEndPointProfile"] == looks + 1
    await shop.refreshed(sold.endpoint_id)
    assert shop.platform.calls["GetEndPointProfile"] == looks + 2


async def test_a_refresh_that_sft_does_not_answer_is_refused_and_the_last_reading_stands(shop: Seller) -> None:
    sold = await shop.sell()
    read = await shop.refreshed(sold.endpoint_id)
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=0))
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await shop.refreshed(sold.endpoint_id)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "SftUnavailable"
    assert "last reading stands" in caught.value.cause.message
    assert await shop.subscription(sold.endpoint_id) == read


async def test_an_addon_that_is_made_during_a_look_is_not_taken_for_gone(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    # The first look of this purchase is answered at once; the reading, which began before it, a second later.
    shop.platform.order(Fault(call="GetEndPointProfile", kind="delay", delay_seconds=1))
    refresh = asyncio.create_task(shop.refreshed(sold.endpoint_id))

    async def asked() -> bool:
        return shop.platform.faults["delay"] == 1

    await eventually(asked)
    bought = await run.execute_update("purchase_addon", shop.addon(), result_type=dict)
    await refresh
    subscription = await shop.subscription(sold.endpoint_id)
    assert subscription.addons[1].unique_id == bought["unique_id"]
    assert subscription.addons[1].usage is None
    assert subscription.unmatched == []


async def test_a_date_that_is_none_does_not_stop_a_subscription(shop: Seller) -> None:
    sold = await shop.sell()
    [instance] = shop.platform.endpoint(sold.endpoint_id).addons
    instance.starts_at, instance.expires_at = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    instance.remaining_bytes, instance.ended_by = 0, "used_up"
    [usage] = usages(await shop.refreshed(sold.endpoint_id))
    assert (usage.starts_at, usage.expires_at) == (None, None)


@pytest.mark.parametrize(("units", "left"), [("decimal", "18.0 of 30.0 GB"), ("binary", "16.8 of 27.9 GB")])
async def test_what_is_left_is_told_in_the_sellers_gigabytes(client: Client, units: str, left: str) -> None:
    async with seller(client, esim_data_units=units) as shop, shop.working():
        endpoint_id = (await shop.sell()).endpoint_id
        shop.platform.use(endpoint_id, 12 * GIGABYTE)
        assert [usage.left for usage in usages(await shop.refreshed(endpoint_id))] == [left]
        metadata = await shop.run_of(endpoint_id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert f"| {left} |" in metadata.current_details
