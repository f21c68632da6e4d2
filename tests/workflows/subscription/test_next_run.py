"""No run grows long, one with nothing to do has next to nothing, and any begins anew on order. Nothing gets lost."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from contract.addon import Addon
from contract.workflow_ids import subscription_id
from tests.support.event_receiver import EventReceiver, listening
from tests.support.seller import Seller, eventually, seller
from tools.bench.world import runs_of
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE
from workflows import next_run, usage_watch
from workflows.next_run import BUSY, FULL_HISTORY
from workflows.state import SubscriptionState

MONTHS = 12

ONE_PURCHASE = 30
"""More events than a purchase, and what is told of it, leaves. The next may come before the last of it is over."""


@pytest.fixture
def _believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is believed at once that an add-on is gone."""
    for module in ("usage", "cadence"):
        monkeypatch.setattr(f"workflows.{module}.SETTLED", timedelta(seconds=1))


async def run_id(shop: Seller, endpoint_id: str) -> str | None:
    return (await shop.run_of(endpoint_id).describe()).run_id


async def renewed(shop: Seller, endpoint_id: str, before: str | None) -> None:
    async def is_new() -> bool:
        return await run_id(shop, endpoint_id) != before

    await eventually(is_new)


async def histories(shop: Seller, endpoint_id: str) -> list[list[HistoryEvent]]:
    """Of all its runs, the first one first."""
    runs = [run async for run in shop.client.list_workflows(f"WorkflowId = '{subscription_id(endpoint_id)}'")]
    first = min(runs, key=lambda run: run.start_time)
    return await runs_of(shop.client.get_workflow_handle(first.id, run_id=first.run_id))


async def asleep(shop: Seller, endpoint_id: str) -> int:
    """How many events its run has, once nothing is left for it to do."""

    async def is_asleep() -> int | None:
        described = (await shop.run_of(endpoint_id).describe()).raw_description
        is_busy = described.pending_activities or described.HasField("pending_workflow_task")
        length = described.workflow_execution_info.history_length
        return None if is_busy or length > next_run.SHORT_HISTORY else length

    return await eventually(is_asleep)


async def test_a_year_of_purchases_leaves_no_long_history(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        for month in range(MONTHS):
            await run.execute_update("purchase_addon", shop.addon())

            async def told(month: int = month) -> bool:
                return len(portal.events) == month + 2

            await eventually(told)
        runs = await histories(shop, sold.endpoint_id)
        assert max(len(events) for events in runs) < BUSY * FULL_HISTORY + ONE_PURCHASE
        assert len(runs) > 1
        assert len((await shop.subscription(sold.endpoint_id)).addons) == 1 + MONTHS
        assert len({event.event_id for event in portal.events}) == 1 + MONTHS


async def test_a_portal_that_is_told_nothing_leaves_no_long_history(client: Client) -> None:
    portal = EventReceiver(503)
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        for _ in range(MONTHS):
            await run.execute_update("purchase_addon", shop.addon())
        runs = await histories(shop, sold.endpoint_id)
        assert max(len(events) for events in runs) < BUSY * FULL_HISTORY + ONE_PURCHASE
        assert len(runs) > 1
        portal.answer = 204

        async def told() -> bool:
            return len(portal.events) == 1 + MONTHS

        await eventually(told)
        assert len({event.event_id for event in portal.events}) == 1 + MONTHS


@pytest.mark.usefixtures("_believed")
async def test_what_is_over_sleeps_and_wakes_for_the_next_purchase(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, 30 * GIGABYTE)
    await shop.refreshed(sold.endpoint_id)
    assert await asleep(shop, sold.endpoint_id) == 4
    [*_, last] = await histories(shop, sold.endpoint_id)
    assert last[0].workflow_execution_started_event_attributes.input.ByteSize() < 2_000
    addon = await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon(), result_type=Addon)
    assert addon.status == "provisioned"
    subscription = await shop.subscription(sold.endpoint_id)
    assert [each.usage and each.usage.state for each in subscription.addons] == ["used_up", None]

    async def watched() -> bool:
        pending = (await shop.run_of(sold.endpoint_id).describe()).raw_description.pending_activities
        return [each.activity_type.name for each in pending] == ["watch_usage"]

    await eventually(watched)


@pytest.mark.usefixtures("_believed")
async def test_what_is_left_to_tell_keeps_it_awake(client: Client) -> None:
    portal = EventReceiver(503)
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell()
        shop.platform.use(sold.endpoint_id, 30 * GIGABYTE)
        before = await run_id(shop, sold.endpoint_id)
        await shop.refreshed(sold.endpoint_id)

        async def all_known() -> bool:
            state = await shop.run_of(sold.endpoint_id).query("last_state", result_type=SubscriptionState)
            return len(state.to_portal) == 3 and state.next_look is None

        await eventually(all_known)
        assert await run_id(shop, sold.endpoint_id) == before
        portal.answer = 204
        assert await asleep(shop, sold.endpoint_id) == 4
        assert portal.types == ["esim_provisioned", "addon_used_80_percent", "addon_used_up"]


async def test_it_begins_anew_on_order_as_it_was(shop: Seller) -> None:
    sold = await shop.sell()
    run, before = shop.run_of(sold.endpoint_id), await run_id(shop, sold.endpoint_id)
    shown = await shop.refreshed(sold.endpoint_id)
    await run.signal("renew")
    await renewed(shop, sold.endpoint_id, before)
    assert await shop.subscription(sold.endpoint_id) == shown
    again = await run_id(shop, sold.endpoint_id)
    await asyncio.gather(*(run.signal("renew", anything) for anything in ("nonsense", None, {"older": 3})))
    await renewed(shop, sold.endpoint_id, again)
    assert (await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)).status == "provisioned"


async def test_whoever_waits_is_answered_before_it_begins_anew(shop: Seller) -> None:
    sold = await shop.sell()
    run, before = shop.run_of(sold.endpoint_id), await run_id(shop, sold.endpoint_id)
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1))
    update = asyncio.create_task(run.execute_update("purchase_addon", shop.addon(), result_type=Addon))

    async def is_under_way() -> bool:
        return shop.platform.faults["delay"] == 1

    await eventually(is_under_way)
    await run.signal("renew")
    assert (await update).status == "provisioned"
    await renewed(shop, sold.endpoint_id, before)


async def test_an_order_to_begin_anew_before_the_sale_is_carried_out_after_it(shop: Seller) -> None:
    sale = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    claimed = await shop.reaches(sale, "needs_attention")
    assert claimed.endpoint_id
    before = await run_id(shop, claimed.endpoint_id)
    await shop.run_of(claimed.endpoint_id).signal("renew")
    await sale.execute_update("amend_plan", {"product": "Wakanda Daily", "plan_id": "PLAN-WAKANDA-DAILY"})
    await sale.result()
    await renewed(shop, claimed.endpoint_id, before)


async def test_what_a_look_finds_is_not_lost_where_the_run_ends_just_then(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_run, "FULL_HISTORY", 3)  # every run is full as soon as it has begun
    monkeypatch.setattr(usage_watch, "SOON", timedelta(seconds=1))
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, 10 * GIGABYTE)
    await shop.run_of(sold.endpoint_id).signal("look_soon")

    async def read() -> bool:
        usage = (await shop.subscription(sold.endpoint_id)).addons[0].usage
        return usage is not None and usage.remaining_bytes == 20 * GIGABYTE

    await eventually(read)
