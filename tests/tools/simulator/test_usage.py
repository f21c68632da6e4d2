from datetime import UTC, datetime, timedelta

import pytest

from tools.simulator.endpoint import AddonInstance, Endpoint
from tools.simulator.plan import Plan
from tools.simulator.platform import Platform
from tools.simulator.refusal import Refused

ENDPOINT = "4000001"
START = datetime(2100, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ONCE = Plan(plan_id="ONCE", name="Once", granted_bytes=100, validity_days=30)
DAILY = Plan(plan_id="DAILY", name="Daily", granted_bytes=100, validity_days=1, recurring=True)
AT_ONCE = Plan(plan_id="AT-ONCE", name="At once", granted_bytes=100, validity_days=30, starts="at_once")


def selling(*, keeps_ended: bool = False) -> Platform:
    """A platform whose clock stands, with one active endpoint."""
    platform = Platform(esims=1, plans=[ONCE, DAILY, AT_ONCE], keeps_ended=keeps_ended)
    platform.clock.set(START)
    platform.set_status(ENDPOINT, "Active")
    return platform


def bought(platform: Platform, plan: Plan) -> AddonInstance:
    return platform.add_foreign_addon(ENDPOINT, plan.plan_id)


def ends(endpoint: Endpoint) -> list[tuple[str, str, str, timedelta]]:
    """What ended or renewed: the change, which instance, how, and how long after the start."""
    return [
        (change.change, change.value, change.by, change.at - START)
        for change in endpoint.history
        if change.change in ("addon_ended", "addon_renewed")
    ]


def test_the_first_traffic_begins_the_validity_and_later_traffic_does_not() -> None:
    platform = selling()
    instance = bought(platform, ONCE)
    platform.clock.push(3600)
    assert (instance.starts_at, instance.expires_at) == (None, None)
    assert platform.use(ENDPOINT, 30) == 30
    started = START + timedelta(hours=1)
    platform.clock.push(3600)
    platform.use(ENDPOINT, 30)
    assert (instance.starts_at, instance.expires_at) == (started, started + 30 * DAY)
    assert instance.remaining_bytes == 40


def test_no_bytes_are_a_first_use_but_start_nothing_more_than_that() -> None:
    platform = selling()
    first, second = bought(platform, ONCE), bought(platform, ONCE)
    assert platform.use(ENDPOINT, 0) == platform.use(ENDPOINT, 0) == 0
    assert (first.starts_at, first.remaining_bytes) == (START, 100)
    assert second.starts_at is None


def test_a_plan_can_start_at_once_and_then_expires_unused() -> None:
    platform = selling()
    instance = bought(platform, AT_ONCE)
    assert (instance.starts_at, instance.expires_at) == (START, START + 30 * DAY)
    platform.clock.set(START + 30 * DAY)
    assert platform.endpoint(ENDPOINT).ended_addons == [instance]


def test_what_is_in_use_is_eaten_before_what_waits_each_in_order_of_purchase() -> None:
    platform = selling()
    first, second, third = (bought(platform, ONCE) for _ in range(3))
    platform.use(ENDPOINT, 10, second.unique_id)
    assert platform.use(ENDPOINT, 130) == 130
    assert [one.remaining_bytes for one in (first, second, third)] == [60, 0, 100]
    assert [one.starts_at for one in (first, second, third)] == [START, START, None]


def test_the_next_one_does_not_start_before_it_is_needed() -> None:
    platform = selling()
    first, second = bought(platform, ONCE), bought(platform, ONCE)
    platform.use(ENDPOINT, 100)
    assert (first.ended_by, second.starts_at) == ("used_up", None)
    platform.use(ENDPOINT, 0)
    assert second.starts_at == START


def test_a_named_instance_alone_is_eaten() -> None:
    platform = selling()
    first, second = bought(platform, ONCE), bought(platform, ONCE)
    assert platform.use(ENDPOINT, 150, second.unique_id) == 100
    assert (first.remaining_bytes, first.starts_at) == (100, None)


def test_traffic_beyond_all_that_there_is_is_dropped() -> None:
    platform = selling()
    assert platform.use(ENDPOINT, 5) == 0
    bought(platform, ONCE)
    bought(platform, DAILY)
    assert platform.use(ENDPOINT, 500) == 200
    assert platform.use(ENDPOINT, 500) == 0


def test_a_used_up_one_time_instance_disappears() -> None:
    platform = selling()
    instance = bought(platform, ONCE)
    platform.clock.push(60)
    platform.use(ENDPOINT, 100)
    endpoint = platform.endpoint(ENDPOINT)
    assert (endpoint.addons, endpoint.ended_addons, endpoint.removed_addons) == ([], [instance], [])
    platform.clock.push(31 * 86_400)
    assert ends(platform.endpoint(ENDPOINT)) == [
        ("addon_ended", instance.unique_id, "used_up", timedelta(minutes=1)),
    ]


def test_an_expired_one_time_instance_disappears_at_its_expiry_and_not_before() -> None:
    platform = selling()
    instance = bought(platform, ONCE)
    platform.use(ENDPOINT, 1)
    platform.clock.set(START + 30 * DAY - timedelta(microseconds=1))
    assert platform.endpoint(ENDPOINT).addons == [instance]
    platform.clock.set(START + 30 * DAY)
    endpoint = platform.endpoint(ENDPOINT)
    assert (endpoint.addons, endpoint.ended_addons, instance.remaining_bytes) == ([], [instance], 99)
    assert ends(endpoint) == [("addon_ended", instance.unique_id, "expired", 30 * DAY)]
    assert platform.use(ENDPOINT, 1) == 0


def test_what_waits_for_its_first_use_never_expires() -> None:
    platform = selling()
    once, daily = bought(platform, ONCE), bought(platform, DAILY)
    platform.clock.push(1000 * 86_400)
    assert platform.endpoint(ENDPOINT).addons == [once, daily]
    assert daily.starts_at is None


def test_a_recurring_instance_renews_at_its_expiry_however_late_that_is_seen() -> None:
    platform = selling()
    instance = bought(platform, DAILY)
    platform.use(ENDPOINT, 70)
    unique_id = instance.unique_id
    platform.clock.set(START + 3.5 * DAY)
    assert platform.endpoint(ENDPOINT).addons == [instance]
    assert (instance.unique_id, instance.remaining_bytes) == (unique_id, 100)
    assert (instance.starts_at, instance.expires_at) == (START + 3 * DAY, START + 4 * DAY)
    assert ends(platform.endpoint(ENDPOINT)) == [
        ("addon_renewed", unique_id, "expired", days * DAY) for days in (1, 2, 3)
    ]


def test_a_used_up_recurring_instance_stays_until_it_renews() -> None:
    platform = selling()
    instance = bought(platform, DAILY)
    platform.use(ENDPOINT, 100)
    assert (platform.endpoint(ENDPOINT).addons, instance.remaining_bytes) == ([instance], 0)
    assert platform.use(ENDPOINT, 1) == platform.use(ENDPOINT, 1, instance.unique_id) == 0
    platform.clock.push(86_400)
    assert platform.use(ENDPOINT, 1) == 1


def test_what_cannot_carry_traffic_does_not_keep_the_next_one_from_its_first_use() -> None:
    platform = selling(keeps_ended=True)
    expired, empty, waiting = bought(platform, ONCE), bought(platform, DAILY), bought(platform, ONCE)
    platform.use(ENDPOINT, 1, expired.unique_id)
    platform.clock.push(30 * 86_400)
    platform.use(ENDPOINT, 0, expired.unique_id)
    platform.use(ENDPOINT, 100, empty.unique_id)
    assert waiting.starts_at is None
    platform.use(ENDPOINT, 0)
    assert waiting.starts_at == START + 30 * DAY


def test_what_is_due_on_one_endpoint_happens_in_order() -> None:
    platform = selling()
    once, daily = bought(platform, ONCE), bought(platform, DAILY)
    for instance in (once, daily):
        platform.use(ENDPOINT, 1, instance.unique_id)
    platform.clock.set(START + 31 * DAY)
    happened = ends(platform.endpoint(ENDPOINT))
    assert [at for *_, at in happened] == sorted(at for *_, at in happened)
    assert [change for change, *_ in happened].count("addon_renewed") == 31
    assert ("addon_ended", once.unique_id, "expired", 30 * DAY) in happened


def test_time_goes_on_while_an_endpoint_is_suspended() -> None:
    platform = selling()
    instance = bought(platform, ONCE)
    platform.use(ENDPOINT, 1)
    platform.set_status(ENDPOINT, "Suspended")
    platform.clock.push(30 * 86_400)
    assert platform.endpoint(ENDPOINT).ended_addons == [instance]


@pytest.mark.parametrize("bytes_", [1, 100])
def test_what_has_ended_can_be_kept_on_the_endpoint(bytes_: int) -> None:
    platform = selling(keeps_ended=True)
    instance = bought(platform, ONCE)
    platform.use(ENDPOINT, bytes_)
    platform.clock.push(31 * 86_400)
    endpoint = platform.endpoint(ENDPOINT)
    assert (endpoint.addons, endpoint.ended_addons) == ([instance], [])
    assert (instance.remaining_bytes, instance.expires_at) == (100 - bytes_, START + 30 * DAY)
    assert platform.use(ENDPOINT, 1) == platform.use(ENDPOINT, 1, instance.unique_id) == 0
    assert [change for change, *_ in ends(platform.endpoint(ENDPOINT))] == ["addon_ended"]


def test_only_an_active_endpoint_has_traffic() -> None:
    platform = selling()
    instance = bought(platform, ONCE)
    for status in ("Pre-Active", "Suspended"):
        platform.set_status(ENDPOINT, status)
        with pytest.raises(Refused, match=f"No traffic on an endpoint that is {status}"):
            platform.use(ENDPOINT, 0)
    assert instance.starts_at is None


def test_traffic_that_makes_no_sense_changes_nothing() -> None:
    platform = selling()
    instance = bought(platform, ONCE)
    with pytest.raises(Refused, match="Endpoint not found"):
        platform.use("9", 1)
    with pytest.raises(Refused, match="instance not found"):
        platform.use(ENDPOINT, 1, "9")
    with pytest.raises(ValueError, match="less than 0"):
        platform.use(ENDPOINT, -1)
    assert (instance.starts_at, instance.remaining_bytes) == (None, 100)


def test_validity_is_at_least_a_day() -> None:
    with pytest.raises(ValueError, match="validity_days"):
        Plan(plan_id="P", name="P", granted_bytes=1, validity_days=0)
