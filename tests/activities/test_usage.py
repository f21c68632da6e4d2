"""How usage is read from SFT's profile, and when it is read again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationErrorCategory

from activities import usage as usage_module
from activities.usage import NOTHING_NEW, UsageActivities, _instances
from activities.watched_esim import Cadence, Pace, WatchedEsim
from contract.failure import SFT_AUTHENTICATION_FAILED
from sft.client import SftClient
from sft.models import Benefit, EndpointProfile
from temporal.digests import WITHOUT_KEYS
from tests.support.activity import attempt, refusal
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When an activity of a test is scheduled."""


@pytest.fixture
async def looked_at() -> AsyncIterator[tuple[Platform, UsageActivities]]:
    platform = Platform(esims=1)
    async with (
        serving(platform) as base_url,
        SftClient(base_url=base_url, username="demo", password=SecretStr("demo-password")) as client,
    ):
        yield platform, UsageActivities(client, ["portal"])


def watched(platform: Platform, **changes: Any) -> WatchedEsim:
    """The eSIM, of which nothing is known, to be looked at now and every six hours."""
    endpoint_id = platform.endpoints[0].endpoint_id
    paces = Cadence(paces=[Pace(every=timedelta(hours=6))])
    told = {"channels": ["portal"], "digests": WITHOUT_KEYS.of("8932", None)}
    fields = {"endpoint_id": endpoint_id, "iccid": "8932", "not_before": EPOCH, "cadence": paces}
    return WatchedEsim.model_validate(fields | told | changes)


async def pause(usage: UsageActivities, esim: WatchedEsim, **attempt: Any) -> tuple[str | None, timedelta]:
    """With which type of failure, and after how long, an attempt has it tried again."""
    refused = await refusal(usage.watch_usage, esim, **attempt)
    assert refused.next_retry_delay is not None
    assert not refused.non_retryable
    return refused.type, refused.next_retry_delay


async def test_a_look_that_is_not_due_asks_nobody_and_one_that_finds_what_is_known_comes_again(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    later = watched(platform, not_before=EPOCH + timedelta(days=2))
    assert await pause(usage, later) == (NOTHING_NEW, timedelta(days=2))
    assert platform.calls.total() == 0
    assert await pause(usage, later, seconds_since_scheduled=2 * 86_400) == (NOTHING_NEW, timedelta(hours=6))
    assert platform.calls["GetEndPointProfile"] == 1


async def test_a_waiting_look_is_no_failure_for_logs_and_dashboards(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    refused = await refusal(usage.watch_usage, watched(platform))
    assert refused.category == ApplicationErrorCategory.BENIGN


async def test_what_is_news_is_answered_and_so_is_whatever_is_there_when_something_is_decided(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    ending = Cadence(until=EPOCH + timedelta(hours=1))
    assert await pause(usage, watched(platform, cadence=ending)) == (NOTHING_NEW, timedelta(hours=1))
    decided = await attempt(usage.watch_usage, watched(platform, cadence=ending), seconds_since_scheduled=3600)
    assert decided.reading is not None
    assert decided.reading.instances == []
    instance = platform.add_foreign_addon(platform.endpoints[0].endpoint_id, "PLAN-WAKANDA-30D-30GB")
    news = await attempt(usage.watch_usage, watched(platform))
    assert news.reading is not None
    assert [each.unique_id for each in news.reading.instances] == [instance.unique_id]


async def test_a_look_that_sft_fails_comes_again_before_the_next_would_and_decides_without_it_in_the_end(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=0))
    esim = watched(platform)
    for number, least, most in ((1, 30, 60), (3, 120, 240), (12, 5_400, 10_800), (400, 5_400, 10_800)):
        assert least <= (await pause(usage, esim, number=number))[1].total_seconds() <= most
    hourly = watched(platform, cadence=Cadence(paces=[Pace(every=timedelta(hours=1))]))
    assert 900 <= (await pause(usage, hourly, number=50))[1].total_seconds() <= 1800
    ending = watched(platform, cadence=Cadence(until=EPOCH))
    assert 150 <= (await pause(usage, ending, number=50, seconds_since_scheduled=1199))[1].total_seconds() <= 300
    assert (await attempt(usage.watch_usage, ending, seconds_since_scheduled=1200)).reading is None


async def test_a_refused_login_does_not_end_the_watch(looked_at: tuple[Platform, UsageActivities]) -> None:
    platform, usage = looked_at
    platform.order(Fault(call="login", kind="rejected", times=0))
    failure, _ = await pause(usage, watched(platform))
    assert failure == SFT_AUTHENTICATION_FAILED


async def test_where_there_is_a_ceiling_nothing_is_asked_from_where_that_does_not_count(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    usage._is_limited = lambda: True
    answer = await attempt(usage.watch_usage, watched(platform))
    assert (answer.reading, answer.is_limited) == (None, True)
    assert not platform.calls["GetEndPointProfile"]
    assert await pause(usage, watched(platform, is_limited=True)) == (NOTHING_NEW, timedelta(hours=6))
    usage._is_limited = lambda: False
    lifted = await attempt(usage.watch_usage, watched(platform, is_limited=True))
    assert lifted.reading is not None
    assert not lifted.is_limited


def profile(benefits: list[dict[str, Any]], **plan: str) -> EndpointProfile:
    plans = [{"planId": "P", "uniqueId": 7} | plan]
    info = {"basicInfo": {}, "promotionalPlans": {"plan": plans}, "benefitInfo": {"benefit": benefits}}
    return EndpointProfile.model_validate({"info": info})


def benefit(**changes: Any) -> dict[str, Any]:
    return {"name": "DATA", "uniqueId": "7", "actualBalance": "100", "balance": 60} | changes


def test_balances_of_one_instance_are_added_up_and_others_left_out() -> None:
    read = profile([benefit(), benefit(balance="5.0"), benefit(name="SMS"), benefit(uniqueId="8")])
    [instance] = _instances(read)
    assert (instance.granted_bytes, instance.remaining_bytes) == (200, 65)


def test_dates_are_those_of_the_instance_or_else_of_its_balance_and_none_where_they_mean_none() -> None:
    dated = benefit(startDate="02/01/2026 00:00:00", expiryDate="31/12/9999 00:00:00")
    read = profile([dated], planStartDate="-", planExpiryDate="01/02/2026 00:00:00")
    [instance] = _instances(read)
    assert instance.starts_at is not None
    assert instance.expires_at is not None
    assert (instance.starts_at.isoformat(), instance.expires_at.isoformat()) == (
        "2026-01-02T00:00:00+00:00",
        "2026-02-01T00:00:00+00:00",
    )
    undated = profile([dated | {"startDate": "-"}])
    assert _instances(undated)[0].expires_at is None


def test_a_balance_that_is_not_told_is_none() -> None:
    read = profile([benefit(balance="-")])
    assert _instances(read)[0].remaining_bytes is None
    alone = profile([])
    assert _instances(alone)[0].granted_bytes is None


@pytest.mark.parametrize(
    ("benefits", "read"),
    [
        ([benefit(), benefit()], (100, 60)),
        ([benefit(), benefit(actualBalance=100, balance="60.0")], (100, 60)),
        ([benefit(balance=-5), benefit(actualBalance=50)], (150, 60)),
        ([benefit(actualBalance=-1, balance=-1)], (None, 0)),
        ([benefit(actualBalance="Unlimited", balance="Unlimited")], (None, None)),
        ([benefit(balance="soon"), benefit(actualBalance=50)], (150, None)),
        ([benefit(balance=str(2**63 - 1), actualBalance=str(2**63 - 1))], (None, None)),
        ([benefit(), benefit(actualBalance="-", balance="-")], (100, 60)),
        ([benefit(uniqueId="-", balance=7)], (None, None)),
    ],
    ids=["doubled", "doubled otherwise", "overdrawn", "minus one", "unlimited", "no number", "huge", "empty", "no id"],
)
def test_odd_balances_are_not_counted_as_used(
    benefits: list[dict[str, Any]], read: tuple[int | None, int | None]
) -> None:
    found = profile(benefits)
    [instance] = _instances(found)
    assert (instance.granted_bytes, instance.remaining_bytes) == read


def test_each_benefit_of_an_endpoint_is_looked_at_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def is_data(benefit: Benefit) -> bool:
        nonlocal looks
        looks += 1
        return True

    monkeypatch.setattr(usage_module, "_is_data", is_data)
    plans = [{"planId": "P", "uniqueId": number} for number in range(300)]
    benefits = [benefit(uniqueId=number, balance=number) for number in range(300)]
    info = {"basicInfo": {}, "promotionalPlans": {"plan": plans}, "benefitInfo": {"benefit": benefits}}
    read = _instances(EndpointProfile.model_validate({"info": info}))
    assert [instance.remaining_bytes for instance in read] == list(range(300))
    assert looks == 300
