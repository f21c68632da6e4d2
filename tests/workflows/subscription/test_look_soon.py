"""``look_soon``: somebody saw something happen to an eSIM, and its usage is read within a minute."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from activities.watched_esim import WatchedEsim
from contract.subscription import Subscription
from contract.time_limits import SOON
from tests.support.event_receiver import SECRET
from tests.support.ports import free_port
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE
from workflows import usage_watch
from workflows.cadence import JITTER

PROFILE = "GetEndPointProfile"


@pytest.fixture
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_watch, "SOON", timedelta(seconds=1))


async def remains(shop: Seller, endpoint_id: str, gigabytes: int) -> Subscription:
    """The subscription, once it has read that so much is left."""

    async def read() -> Subscription | None:
        subscription = await shop.subscription(endpoint_id)
        usage = subscription.addons[0].usage
        return subscription if usage and usage.remaining_bytes == gigabytes * GIGABYTE else None

    return await eventually(read)


async def timers(run: WorkflowHandle[object, Subscription]) -> int:
    """How often something was waited for here."""
    history = await run.fetch_history()
    return sum(event.event_type == EventType.EVENT_TYPE_TIMER_STARTED for event in history.events)


async def watches(run: WorkflowHandle[object, Subscription]) -> list[WatchedEsim]:
    """What an activity was to watch, one after the other."""
    scheduled = [event.activity_task_scheduled_event_attributes for event in (await run.fetch_history()).events]
    payloads = [each.input.payloads[0] for each in scheduled if each.activity_type.name == "watch_usage"]
    return [WatchedEsim.model_validate_json(payload.data) for payload in payloads]


@pytest.mark.usefixtures("_quickly")
async def test_a_burst_of_events_is_one_look(shop: Seller) -> None:
    sold = await shop.sell()
    looks = shop.platform.calls[PROFILE]
    shop.platform.use(sold.endpoint_id, 10 * GIGABYTE)
    run = shop.run_of(sold.endpoint_id)
    await run.signal("look_soon")
    await run.signal("look_soon", {"event": "Addon Activation"})
    await run.signal("look_soon", "nonsense")
    await remains(shop, sold.endpoint_id, 20)
    assert shop.platform.calls[PROFILE] == looks + 1
    assert await timers(run) == 1  # of the sale
    assert len(await watches(run)) == 2  # for the burst, and for what comes after it
    shop.platform.use(sold.endpoint_id, 5 * GIGABYTE)
    await run.signal("look_soon")
    await remains(shop, sold.endpoint_id, 15)
    assert shop.platform.calls[PROFILE] == looks + 2


@pytest.mark.usefixtures("_quickly")
async def test_what_happens_during_a_look_gets_a_look_of_its_own(shop: Seller) -> None:
    sold = await shop.sell()
    looks = shop.platform.calls[PROFILE]
    shop.platform.order(Fault(call=PROFILE, kind="delay", delay_seconds=1))
    run = shop.run_of(sold.endpoint_id)
    await run.signal("look_soon")

    async def asked() -> bool:
        return shop.platform.faults["delay"] == 1

    await eventually(asked)
    await run.signal("look_soon")

    async def asked_again() -> bool:
        return shop.platform.calls[PROFILE] >= looks + 2

    await eventually(asked_again)


@pytest.mark.usefixtures("_quickly")
async def test_a_look_that_takes_longer_than_the_time_to_the_next_does_not_count_as_that(client: Client) -> None:
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        shop.platform.order(Fault(call=PROFILE, kind="delay", delay_seconds=3))
        await run.signal("look_soon")

        async def asked() -> bool:
            return shop.platform.faults["delay"] == 1

        await eventually(asked)
        shop.platform.use(sold.endpoint_id, 10 * GIGABYTE)
        await run.signal("look_soon")
        await remains(shop, sold.endpoint_id, 20)


async def test_a_look_that_comes_sooner_than_the_one_that_is_wanted_is_not_the_only_one(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_watch, "SOON", timedelta(days=30))
    sold = await shop.sell()
    await shop.refreshed(sold.endpoint_id)
    run = shop.run_of(sold.endpoint_id)
    await run.signal("look_soon")
    await shop.subscription(sold.endpoint_id)
    watched = (await watches(run))[-1]
    now = (await run.describe()).start_time
    assert watched.not_before < now + timedelta(days=1)
    assert watched.is_last(now + timedelta(days=30, minutes=5))


@pytest.mark.usefixtures("_quickly")
async def test_an_earlier_look_that_may_have_come_too_early_is_not_enough(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.signal("look_soon")
    await run.execute_update("refresh_usage")
    shop.platform.use(sold.endpoint_id, 10 * GIGABYTE)
    await remains(shop, sold.endpoint_id, 20)


async def test_a_look_that_is_nearer_than_a_minute_stays_where_it_is(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.signal("look_soon")
    await shop.subscription(sold.endpoint_id)
    monkeypatch.setattr(usage_watch, "SOON", 2 * SOON)
    await run.signal("look_soon")
    await shop.subscription(sold.endpoint_id)
    [soon] = await watches(run)
    asked = (await run.describe()).start_time
    assert soon.not_before - asked < SOON + timedelta(seconds=30)


async def test_an_esim_that_is_not_sold_is_left_alone(shop: Seller) -> None:
    sale = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    claimed = await shop.reaches(sale, "needs_attention")
    assert claimed.endpoint_id
    run = shop.run_of(claimed.endpoint_id)
    await run.signal("look_soon")
    await shop.subscription(claimed.endpoint_id)
    assert await timers(run) == 1
    assert await watches(run) == []


async def test_an_esim_that_is_closed_is_left_alone(client: Client) -> None:
    nobody = SecretStr(f"http://127.0.0.1:{free_port()}/")  # it lives on for as long as its events are not told
    async with (
        seller(client, portal_webhook_url=nobody, portal_webhook_secret=SECRET) as shop,
        shop.working(),
    ):
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        await run.execute_update("close", {"reason": "system"})
        before = await watches(run)
        await run.signal("look_soon")
        assert (await shop.subscription(sold.endpoint_id)).status == "closed"
        assert await watches(run) == before


async def waits(shop: Seller, endpoint_id: str) -> timedelta:
    """How long the server waits before the next attempt of the one activity that there is."""

    async def waiting() -> timedelta | None:
        pending = (await shop.run_of(endpoint_id).describe()).raw_description.pending_activities
        if len(pending) != 1 or pending[0].attempt != 2:
            return None
        failed, due = pending[0].last_attempt_complete_time, pending[0].next_attempt_schedule_time
        return due.ToDatetime() - failed.ToDatetime()

    return await eventually(waiting)


async def test_the_server_waits_for_as_long_as_a_look_says_and_is_called_back_at_once(shop: Seller) -> None:
    """Half a day, where the pauses of the policy end at ten minutes; and nothing of it is in the history."""
    sold = await shop.sell()
    await shop.refreshed(sold.endpoint_id)
    half_a_day = await waits(shop, sold.endpoint_id)
    assert timedelta(hours=12) * (1 - JITTER) - timedelta(minutes=1) < half_a_day <= timedelta(hours=12)
    last = [event.event_type for event in (await shop.run_of(sold.endpoint_id).fetch_history()).events][-2:]
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED in last
    await shop.run_of(sold.endpoint_id).signal("look_soon")
    assert timedelta(seconds=30) < await waits_at_most(shop, sold.endpoint_id, SOON) <= SOON


async def waits_at_most(shop: Seller, endpoint_id: str, most: timedelta) -> timedelta:
    async def short() -> timedelta | None:
        wait = await waits(shop, endpoint_id)
        return wait if wait <= most else None

    return await eventually(short)
