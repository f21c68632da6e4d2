"""The check, held against a platform that differs in each way in which the real one may."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from sft.checklist import ASSUMPTIONS
from sft_check.check import RULES
from sft_check.time_zone import shown_offset
from tests.support.sft_account import PLAN
from tests.support.sft_check import check_of
from tests.support.telling import long_but
from tools.simulator.fault import Fault
from tools.simulator.habits.catalog import HABITS
from tools.simulator.plan import Plan
from tools.simulator.platform import Platform

WRONG: Final[dict[str, set[str]]] = {
    "refused_although_done": {"life cycle codes", "previousStatus"},
    "no_previous_status": {"previousStatus"},
    "other_services": {"rows", "dates"},
    "nobodys_benefits": {"rows", "dates"},
    "odd_sims": {"SIM row", "SIM filter"},
    "unlimited_validity": {"dates"},
    "granted_in_words": {"rows", "balances"},
    "left_in_words": {"rows"},
    "prepaid_empty": {"account"},
    "rate_zone_empty": {"account"},
    "unheard_of_refusal": {"ADDON_PLAN_FIELD"},
    "subscribe_tells_elsewhere": {"INFO"},
    "subscribe_tells_nothing": {"INFO"},
    "state_nobody_knows": {"active at once"},
    "state_unknown_in_profile": {"ENDPOINT_STATUS_FIELD", "active at once", "suspension"},
}
"""What does not hold under a habit. Under all others, nothing that the check can see is wrong."""

SHUT_OUT: Final = {"blocked", "not_enterprise"}
"""Nothing can be checked at all."""

TELLING: Final = (None, "refused_although_done", "prepaid_empty", "state_unknown_in_profile")

AT_ONCE: Final = Plan(plan_id=PLAN, name="At once", granted_bytes=10**9, validity_days=30, starts="at_once")


@pytest.mark.parametrize("habit", long_but(TELLING, [None, *(habit for habit in HABITS if habit not in SHUT_OUT)]))
async def test_what_does_not_hold_is_named_and_the_esim_is_left_suspended(habit: str | None) -> None:
    platform = Platform(esims=2, habits=[habit] if habit else [])
    async with check_of(platform) as check:
        await check.read()
        life = await check.live()
        assert check.wrong == WRONG.get(habit or "", set())
        assert life.left is None
    taken, other = platform.endpoints
    assert (taken.status, taken.addons) == ("Suspended", [])
    assert (other.status, other.history) == ("Pre-Active", [])
    assert platform.calls["login"] == 1


@pytest.mark.parametrize(("habit", "zone"), [("zone_east", "Pacific/Auckland"), ("zone_west", "America/Los_Angeles")])
async def test_the_time_zone_of_the_account_is_told_and_held_against_the_setting(habit: str, zone: str) -> None:
    async with check_of(Platform(esims=1, plans=[AT_ONCE], habits=[habit])) as check:
        await check.read()
        await check.live()
        finding = check.finding("TIME_ZONE")
    offset = datetime.now(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    assert (finding.verdict, finding.change) == ("does not hold", "SFT_TIME_ZONE")
    assert shown_offset(offset) in finding.seen
    async with check_of(Platform(esims=1, plans=[AT_ONCE], habits=[habit]), time_zone=zone) as check:
        await check.read()
        await check.live()
        assert check.finding("TIME_ZONE").verdict == "holds"


async def test_a_start_that_lies_ahead_of_the_clock_tells_the_zone_without_any_change() -> None:
    platform = Platform(esims=1, plans=[AT_ONCE], habits=["zone_east"])
    platform.set_status(platform.endpoints[0].endpoint_id, "Active")
    platform.add_foreign_addon(platform.endpoints[0].endpoint_id, PLAN)
    async with check_of(platform) as check:
        await check.read(platform.endpoints[0].endpoint_id)
        finding = check.finding("TIME_ZONE")
    offset = datetime.now(ZoneInfo("Pacific/Auckland")).utcoffset()
    assert offset is not None
    assert finding.verdict == "does not hold"
    assert f"at least {shown_offset(offset)}" in finding.seen


async def test_a_call_that_is_refused_is_told_with_its_code_and_the_others_are_made() -> None:
    platform = Platform(esims=1)
    platform.order(Fault(call="fetchSIM", kind="rejected", code="4711", description="ICCID 8932000000000000001"))
    platform.order(Fault(call="QueryRatePlan", kind="rejected", code="4712", description="call +3212345678901"))
    async with check_of(platform) as check:
        await check.read()
        words = f"{check.report.notes} {check.finding('SIM row').seen} {check.finding('catalog').seen}"
    assert "fetchSIM was refused: code 4711" in words
    assert "QueryRatePlan is refused: code 4712" in words
    assert "8932000000000000001" not in words
    assert "3212345678901" not in words


async def test_dates_in_another_form_are_told_without_their_digits() -> None:
    async with check_of(Platform(esims=1, plans=[AT_ONCE], habits=["other_dates"])) as check:
        await check.read()
        await check.live()
        finding = check.finding("dates")
    assert finding.verdict == "does not hold"
    assert "9999" in finding.seen
    assert str(datetime.now().year) not in finding.seen


async def test_an_endpoint_in_use_shows_more_than_a_new_one_and_only_reading_changes_nothing() -> None:
    platform = Platform(esims=2, plans=[AT_ONCE], habits=["one_object"])
    used = platform.endpoints[1]
    platform.set_status(used.endpoint_id, "Active")
    platform.add_foreign_addon(used.endpoint_id, PLAN)
    history = list(used.history)
    async with check_of(platform) as check:
        await check.read(used.endpoint_id)
        assert check.finding("PLAN_MAY_BE_ONE_OBJECT").seen == "one object"
        assert check.finding("dates").verdict == check.finding("rows").verdict == "holds"
        assert check.finding("SIM in use").verdict == "holds"
    assert set(platform.calls) == {"login", "fetchSIM", "GetEndPointProfile", "QueryRatePlan"}
    assert used.history == history


async def test_a_planid_of_the_catalog_that_the_account_lacks_is_named() -> None:
    async with check_of(Platform(esims=1), products=(PLAN, "PLAN-NOBODY-HAS")) as check:
        await check.read()
        finding = check.finding("catalog")
    assert finding.verdict == "does not hold"
    assert "PLAN-NOBODY-HAS" in finding.seen
    assert PLAN not in finding.seen


async def test_without_stock_what_it_would_show_is_not_seen() -> None:
    async with check_of(Platform(esims=0)) as check:
        await check.read()
        assert not check.wrong
        assert check.finding("SIM row").seen == "no Pre-Active eSIM is in stock"


def test_every_assumption_has_a_rule_or_says_how_a_person_sees_it() -> None:
    def without(names: Iterable[str]) -> list[str]:
        return [one.name for one in ASSUMPTIONS if one.name not in names]

    assert [one.name for one in ASSUMPTIONS if one.name not in RULES and not one.look] == []
    assert set(RULES) <= {one.name for one in ASSUMPTIONS}
    assert len(without([])) == len(set(without([])))
    assert all(one.source and one.sales and one.change for one in ASSUMPTIONS)
