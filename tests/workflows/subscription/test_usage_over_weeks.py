"""The life of a subscription after the sale, weeks of it: on a server that skips the time, with an SFT that does."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import WorkflowEnvironment

from contract.addon import Addon
from tests.support.dialects import in_fields, speak
from tests.support.seller import Seller
from tests.support.weeks import lived
from tools.bench.world import DAY

DATE = "%d/%m/%Y %H:%M:%S"

pytestmark = pytest.mark.usefixtures("exactly")


def deadlines(lived: timedelta) -> bool:
    """SFT is down whenever something has to be told: at 80 %, 24 hours before the end, and at the end."""
    moments = (24.8 * DAY, 29 * DAY, 30 * DAY)
    return any(abs(lived - moment) < timedelta(minutes=90) for moment in moments)


@pytest.mark.parametrize("is_down", [lambda _: False, deadlines], ids=["SFT answers", "SFT is down at every deadline"])
async def test_a_month_takes_at_most_150_looks_and_everything_is_told_once(
    skipping: WorkflowEnvironment, is_down: Callable[[timedelta], bool]
) -> None:
    life = await lived(skipping, 33, lambda day: day / 31, is_down)
    assert life.usage.state == "expired"
    assert life.portal.types == ["addon_used_80_percent", "addon_expires_soon", "addon_expired"]
    assert len({event.event_id for event in life.portal.events}) == 3
    assert len(life.mailbox.received) == 3
    in_use = [look for look in life.world.looks if timedelta(0) <= look]
    answered = len([look for look in in_use if not is_down(look)])
    assert 120 < answered <= 150
    assert len(in_use) < 200
    ends_at = life.usage.expires_at
    assert ends_at == life.first_use.replace(microsecond=0) + 30 * DAY
    warned, ended = (event.occurred_at for event in life.portal.events[1:])
    assert timedelta(0) <= warned - (ends_at - DAY) < timedelta(hours=1)
    assert timedelta(0) < ended - ends_at < timedelta(hours=3)
    assert max(life.world.looks) - (ended - life.first_use) < timedelta(minutes=1)


async def test_usage_is_looked_at_as_often_as_the_table_says(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 7.5, lambda day: 0.0 if day < 1 else 0.85 if day > 3.1 else 0.5, validity_days=6)
    hours = [look / timedelta(hours=1) for look in life.world.looks]
    pauses = [round(later - earlier) for earlier, later in itertools.pairwise(hours)]
    before_use, in_use, low, after_that, last_day = [12], [6] * 13, [1] * 8, [6] * 5 + [4], [1] * 24
    assert pauses == before_use + in_use + low + after_that + last_day


async def test_what_is_used_up_early_is_told_once_and_looked_at_no_more(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 5, lambda day: day / 2)
    assert life.usage.state == "used_up"
    assert life.portal.types == ["addon_used_80_percent", "addon_used_up"]
    assert len(life.mailbox.received) == 2
    assert max(life.world.looks) < 2.5 * DAY
    assert life.subscription.unmatched == []


async def test_what_jumps_past_80_percent_is_one_mail_and_two_events(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 2, lambda day: 0.0 if day < 1 else 1.0)
    assert life.portal.types == ["addon_used_80_percent", "addon_used_up"]
    assert len(life.mailbox.received) == 1


async def test_a_recurring_addon_is_told_about_in_every_period(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 5.2, lambda day: day % 2 / 2, validity_days=2, recurring=True)
    assert life.usage.state == "in_use"
    assert life.portal.types == ["addon_expires_soon", "addon_used_80_percent"] * 2
    assert "addon_expired" not in life.portal.types


async def test_a_period_that_comes_early_is_told_about_too(skipping: WorkflowEnvironment) -> None:
    """Used up and renewed within 18 hours: its end moves by less than a day."""
    life = await lived(skipping, 2.9, lambda day: day % 0.75 / 0.45, validity_days=9, recurring=True, renews_early=True)
    assert life.portal.types == ["addon_used_80_percent", "addon_used_up"] * 3
    assert life.usage.state == "in_use"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
async def test_an_end_is_told_in_time_in_whatever_zone_sft_tells_it(
    skipping: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Taken for UTC, dates from behind it tell the end hours early, and those from ahead of it as used up."""

    def local(_: str, date: str) -> str:
        if date == "-":
            return date
        return datetime.strptime(f"{date} +0000", f"{DATE} %z").astimezone(ZoneInfo(zone)).strftime(DATE)

    speak(monkeypatch, in_fields(local, "planStartDate", "planExpiryDate", "startDate", "expiryDate"))
    life = await lived(skipping, 3.5, lambda day: day / 4, validity_days=2, sft_time_zone=zone)
    assert life.usage.state == "expired"
    assert life.portal.types == ["addon_expires_soon", "addon_expired"]
    ended = life.portal.events[-1].occurred_at
    assert timedelta(0) < ended - (life.first_use + 2 * DAY) < timedelta(minutes=11)


async def test_an_addon_that_is_never_used_is_looked_at_twice_a_day(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 10, lambda day: -1.0)
    assert life.usage.state == "waiting_for_first_use"
    assert len(life.world.looks) <= 21
    assert life.portal.events == []


EMPTIED = ["addon_used_80_percent", "addon_used_up", "subscription_suspends_soon", "subscription_suspended"]


async def test_an_esim_with_nothing_left_is_suspended_after_some_days_and_told_before_and_after(
    skipping: WorkflowEnvironment,
) -> None:
    life = await lived(skipping, 8, lambda day: day / 2, suspend_empty_after_days=4)
    assert life.portal.types == EMPTIED
    assert (life.subscription.status, life.subscription.suspended_because) == ("suspended", "empty")
    used_up, soon, suspended = (event.occurred_at for event in life.portal.events[1:])
    assert abs(soon - used_up - 3 * DAY) < timedelta(hours=7)
    assert abs(suspended - soon - DAY) < timedelta(minutes=1)
    assert life.subscription.orders == []


async def test_it_is_active_again_by_itself_when_something_is_bought(skipping: WorkflowEnvironment) -> None:
    async def buy(shop: Seller) -> None:
        [endpoint] = [each for each in shop.platform.endpoints if each.ended_addons]
        assert endpoint.status == "Suspended"
        run = shop.run_of(endpoint.endpoint_id)
        addon = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
        assert (addon.status, endpoint.status) == ("provisioned", "Active")

    life = await lived(skipping, 8, lambda day: day / 2, suspend_empty_after_days=4, then=buy)
    assert (life.subscription.status, life.subscription.suspended_because) == ("active", None)
    assert life.portal.types[:4] == EMPTIED


async def test_one_that_somebody_wants_suspended_stays_so_whatever_is_bought(skipping: WorkflowEnvironment) -> None:
    async def suspend_and_buy(shop: Seller) -> None:
        [endpoint] = [each for each in shop.platform.endpoints if each.ended_addons]
        run = shop.run_of(endpoint.endpoint_id)
        await run.execute_update("suspend", {"reason": "non_payment"})
        assert (await shop.subscription(endpoint.endpoint_id)).suspended_because == "non_payment"
        addon = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
        assert (addon.status, endpoint.status) == ("pending", "Suspended")

    await lived(skipping, 8, lambda day: day / 2, suspend_empty_after_days=4, then=suspend_and_buy)


@pytest.mark.parametrize(("used", "days"), [(lambda day: day / 40, 4), (lambda day: day / 2, None)])
async def test_one_that_is_in_use_is_not_suspended_nor_any_unless_it_is_set(
    skipping: WorkflowEnvironment, used: Callable[[float], float], days: int | None
) -> None:
    life = await lived(skipping, 8, used, suspend_empty_after_days=days)
    assert life.subscription.status == "active"
    assert "subscription_suspends_soon" not in life.portal.types
