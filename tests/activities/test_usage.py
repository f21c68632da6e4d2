"""How usage is read from SFT's profile, and how many looks a worker has in hand."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.common import Priority
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import usage
from activities.messages import BACKGROUND, EsimToRead, UsageReading
from activities.usage import LOOKS_AT_ONCE, UsageActivities, _instances
from sft.client import SftClient
from sft.models import Benefit, EndpointProfile
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving


@pytest.fixture
async def looked_at() -> AsyncIterator[tuple[Platform, UsageActivities]]:
    platform = Platform(esims=1)
    async with (
        serving(platform) as base_url,
        SftClient(base_url=base_url, username="demo", password=SecretStr("demo-password")) as client,
    ):
        yield platform, UsageActivities(client, ["portal"])


async def look(usage: UsageActivities, endpoint_id: str, priority: int | None) -> UsageReading:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, priority=Priority(priority_key=priority))
    reading: UsageReading = await environment.run(usage.read_usage, EsimToRead(iccid="8932", endpoint_id=endpoint_id))
    return reading


async def test_a_worker_has_so_many_background_looks_in_hand_and_somebody_who_waits_is_no_such_look(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    endpoint_id = platform.endpoints[0].endpoint_id
    platform.order(Fault(call="GetEndPointProfile", kind="delay", delay_seconds=1, times=LOOKS_AT_ONCE))
    looks = [asyncio.create_task(look(usage, endpoint_id, BACKGROUND)) for _ in range(LOOKS_AT_ONCE)]
    await asyncio.sleep(0)  # all of them have begun
    with pytest.raises(ApplicationError) as one_too_many:
        await look(usage, endpoint_id, BACKGROUND)
    assert one_too_many.value.type == "Busy"
    assert one_too_many.value.next_retry_delay is not None
    await look(usage, endpoint_id, None)
    readings = await asyncio.gather(*looks)
    assert {tuple(reading.channels) for reading in readings} == {("portal",)}
    await look(usage, endpoint_id, BACKGROUND)


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


async def test_a_background_look_that_fails_is_tried_again_after_minutes_and_another_after_seconds(
    looked_at: tuple[Platform, UsageActivities],
) -> None:
    platform, usage = looked_at
    platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=2))
    pauses = []
    for priority in (None, BACKGROUND):
        with pytest.raises(ApplicationError) as refused:
            await look(usage, platform.endpoints[0].endpoint_id, priority)
        assert refused.value.next_retry_delay is not None
        pauses.append(refused.value.next_retry_delay.total_seconds())
    assert 1 <= pauses[0] <= 2
    assert 30 <= pauses[1] <= 60


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

    monkeypatch.setattr(usage, "_is_data", is_data)
    plans = [{"planId": "P", "uniqueId": number} for number in range(300)]
    benefits = [benefit(uniqueId=number, balance=number) for number in range(300)]
    info = {"basicInfo": {}, "promotionalPlans": {"plan": plans}, "benefitInfo": {"benefit": benefits}}
    read = _instances(EndpointProfile.model_validate({"info": info}))
    assert [instance.remaining_bytes for instance in read] == list(range(300))
    assert looks == 300
