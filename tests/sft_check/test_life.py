"""The life of one eSIM: whatever goes wrong on its way, it ends suspended, and what is left is said."""

import asyncio
from itertools import product

import pytest

from tests.support.sft_account import ENDPOINT, PLAN
from tests.support.sft_check import check_of
from tests.support.telling import many_but
from tests.support.waiting import until
from tools.simulator.call import ACTIVATING_CALLS, Call
from tools.simulator.fault import Fault, Kind
from tools.simulator.platform import Platform

ACTS: tuple[Call, ...] = ("EndPointLifeCycleChange", "SubscribeAddon", "endpoint")
MISHAPS: tuple[Kind, ...] = (
    *("error_before", "error_after", "answer_lost", "timeout_text", "rejected", "rate_limited", "broken_json", "html"),
    *("reset", "missing_field"),
)


TELLING = (
    *(("SubscribeAddon", kind) for kind in MISHAPS),
    *(("EndPointLifeCycleChange", "answer_lost"), ("endpoint", "error_before"), ("GetEndPointProfile", "html")),
)


@pytest.mark.parametrize(("call", "kind"), many_but(TELLING, product([*ACTS, "GetEndPointProfile"], MISHAPS)))
async def test_it_ends_suspended_and_without_an_addon_whatever_happens_to_a_call(call: Call, kind: Kind) -> None:
    platform = Platform(esims=1)
    async with check_of(platform, settle_seconds=0.5) as check:
        await check.read()
        platform.order(Fault(call=call, kind=kind))
        life = await check.live()
    [endpoint] = platform.endpoints
    assert endpoint.addons == []
    if endpoint.status != "Suspended":  # nothing had been done when it ended
        assert (endpoint.status, [change.change for change in endpoint.history]) == ("Pre-Active", [])
    else:
        assert life.left is None or "may still come" in life.left


@pytest.mark.parametrize("kind", ["rejected", "error_before", "answer_lost"])
async def test_a_suspension_that_fails_is_tried_again(kind: Kind) -> None:
    platform = Platform(esims=1)
    async with check_of(platform) as check:
        platform.order(Fault(call="EndPointLifeCycleChange", kind=kind, skip=1, times=2))
        life = await check.live()
    assert platform.endpoints[0].status == "Suspended"
    assert life.left is None


async def test_what_cannot_be_suspended_is_said_with_what_to_do() -> None:
    platform = Platform(esims=1)
    async with check_of(platform) as check:
        platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected", skip=1, times=0))
        life = await check.live()
    assert platform.endpoints[0].status == "Active"
    assert life.left
    assert f"endpoint {ENDPOINT} may be active" in life.left
    assert "suspend it at SFT" in life.left


async def test_an_activation_that_is_done_late_is_waited_for_and_suspended() -> None:
    platform = Platform(esims=1)
    async with check_of(platform, settle_seconds=10) as check:
        platform.order(Fault(call="EndPointLifeCycleChange", kind="late", delay_seconds=2.5))
        life = await check.live()
        await platform.late_work_done()
    assert platform.endpoints[0].status == "Suspended"
    assert life.left is None


async def test_an_addon_that_is_made_late_is_waited_for_and_removed() -> None:
    platform = Platform(esims=1)
    async with check_of(platform, settle_seconds=10) as check:
        platform.order(Fault(call="SubscribeAddon", kind="late", delay_seconds=2.5))
        await check.live()
        await platform.late_work_done()
        assert check.finding("settle window").verdict == "holds"
    assert (platform.endpoints[0].status, platform.endpoints[0].addons) == ("Suspended", [])


async def test_an_instance_that_shows_after_the_settle_window_says_to_make_it_longer() -> None:
    platform = Platform(esims=1)
    async with check_of(platform, settle_seconds=1.2) as check:
        platform.order(Fault(call="SubscribeAddon", kind="late", delay_seconds=2.7))
        await check.live()
        await platform.late_work_done()
        finding = check.finding("settle window")
    assert (finding.verdict, finding.change) == ("does not hold", "SFT_SETTLE_SECONDS")


@pytest.mark.parametrize("call", ACTIVATING_CALLS)
async def test_either_way_of_activating_is_gone_through(call: Call) -> None:
    platform = Platform(esims=1)
    async with check_of(platform) as check:
        life = await check.live(call)
        assert check.finding("active at once").verdict == "holds"
    assert (platform.endpoints[0].status, life.left) == ("Suspended", None)
    assert platform.calls["EndPointActivation"] == (call == "EndPointActivation")


@pytest.mark.parametrize("call", ACTIVATING_CALLS)
async def test_an_esim_that_a_stranger_activated_is_left_alone(call: Call) -> None:
    platform = Platform(esims=1)
    async with check_of(platform) as check:
        platform.order(Fault(call=call, kind="already_active"))
        life = await check.live(call)
    assert platform.endpoints[0].status == "Active"
    assert platform.calls["SubscribeAddon"] == 0
    assert life.left
    assert "somebody else has it" in life.left


async def test_an_esim_that_is_not_free_any_more_is_not_touched() -> None:
    platform = Platform(esims=1)
    platform.set_status(ENDPOINT, "Active")
    platform.add_foreign_addon(ENDPOINT, PLAN)
    async with check_of(platform) as check:
        life = await check.live()
    assert set(platform.calls) <= {"login", "fetchSIM", "GetEndPointProfile"}
    assert life.left
    assert life.left.startswith("Nothing was done")


@pytest.mark.parametrize("call", [*ACTS, "GetEndPointProfile"])
@pytest.mark.parametrize("skip", [0, 1])
async def test_it_ends_suspended_also_when_it_is_cut_short(call: Call, skip: int) -> None:
    platform = Platform(esims=1)
    async with check_of(platform, settle_seconds=0.5) as check:
        platform.order(Fault(call=call, kind="delay", delay_seconds=0.5, skip=skip))
        living = asyncio.ensure_future(check.live())
        await until(lambda: bool(platform.faults["delay"]) or living.done())
        living.cancel()
        life = await living
        await platform.late_work_done()
    [endpoint] = platform.endpoints
    assert endpoint.addons == []
    assert endpoint.status == "Suspended" or not endpoint.history
    assert life.interrupted or living.done()
