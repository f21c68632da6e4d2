import asyncio
import json
from time import monotonic

import httpx
import pytest

from tests.support.sft_caller import DAILY, HEADERS, Caller, at, codes
from tests.support.waiting import until
from tools.simulator.call import CALLS, Call
from tools.simulator.exchange import ESSENTIAL_FIELDS
from tools.simulator.fault import KINDS, Fault, Kind
from tools.simulator.platform import Platform
from tools.simulator.server import serving

ENDPOINT = "4000001"


def addons(platform: Platform) -> int:
    return len(platform.endpoint(ENDPOINT).addons)


async def subscribe_with(caller: Caller, platform: Platform, fault: Fault) -> httpx.Response:
    platform.order(fault)
    response = await caller.subscribe(ENDPOINT)
    assert platform.log[-1].fault == fault.kind
    assert platform.log[-1].status == response.status_code
    assert platform.log[-1].done == bool(addons(platform))
    return response


async def test_without_a_fault_the_work_is_done_and_answered(caller: Caller, platform: Platform) -> None:
    assert codes(await caller.subscribe(ENDPOINT)) == ("0", "0")
    entry = platform.log[-1]
    assert (entry.number, entry.call, entry.endpoint_id, entry.plan_id) == (1, "SubscribeAddon", ENDPOINT, DAILY)
    assert (entry.fault, entry.done, entry.status) == (None, True, 200)


async def test_a_delayed_answer_comes_after_work_that_was_done_at_once(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=60))
    with pytest.raises(httpx.ReadTimeout):
        await caller.http.post(
            "SubscribeAddon", json={"Request": {"endPointId": ENDPOINT, "requestParam": {"planId": DAILY}}}, timeout=0.2
        )
    assert addons(platform) == 1
    assert platform.log[-1].done
    assert platform.log[-1].status is None


async def test_a_delayed_answer_arrives_in_the_end(caller: Caller, platform: Platform) -> None:
    started = monotonic()
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind="delay", delay_seconds=0.3))
    assert codes(response) == ("0", "0")
    assert monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("kind", "what_the_client_sees", "work_is_done"),
    [
        ("answer_lost", httpx.RemoteProtocolError, True),
        ("late", httpx.RemoteProtocolError, True),
        ("reset", httpx.ReadError, False),
        ("reset_after", httpx.ReadError, True),
    ],
)
async def test_a_connection_ends_without_an_answer(
    caller: Caller,
    platform: Platform,
    caplog: pytest.LogCaptureFixture,
    kind: Kind,
    what_the_client_sees: type[httpx.TransportError],
    work_is_done: bool,
) -> None:
    platform.order(Fault(call="SubscribeAddon", kind=kind))
    with pytest.raises(what_the_client_sees):
        await caller.subscribe(ENDPOINT)
    assert (addons(platform) == 1) is work_is_done
    assert platform.log[-1].done is work_is_done
    assert platform.log[-1].status is None
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


async def test_after_a_cut_connection_the_next_call_is_answered(caller: Caller, platform: Platform) -> None:
    kinds: tuple[Kind, ...] = ("answer_lost", "reset", "reset_after", "late")
    for kind in kinds:
        platform.order(Fault(call="fetchSIM", kind=kind))
        with pytest.raises(httpx.TransportError):
            await caller.available()
        assert await caller.available()


async def test_late_work_is_not_done_before_its_time(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="late", delay_seconds=0.5))
    call = asyncio.create_task(caller.subscribe(ENDPOINT))
    await until(lambda: bool(platform.log))
    assert addons(platform) == 0
    with pytest.raises(httpx.RemoteProtocolError):
        await call
    assert addons(platform) == 1


async def test_late_work_is_done_after_its_caller_has_gone(base_url: str, caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="late", delay_seconds=0.5))
    with pytest.raises(httpx.ReadTimeout):
        await caller.http.post(
            "SubscribeAddon", json={"Request": {"endPointId": ENDPOINT, "requestParam": {"planId": DAILY}}}, timeout=0.1
        )
    await caller.http.aclose()
    assert not platform.log[-1].done
    await platform.late_work_done()
    assert platform.log[-1].done
    assert addons(platform) == 1
    assert platform.endpoint(ENDPOINT).history[-1].call_number == platform.log[-1].number


async def test_late_work_can_wait_for_further_calls_about_its_endpoint(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=2))
    with pytest.raises(httpx.RemoteProtocolError):
        await caller.subscribe(ENDPOINT)
    for _ in range(2):
        await caller.profile("4000002")
        assert not platform.log[0].done
        assert addon_rows(await caller.profile(ENDPOINT)) == []
    assert platform.log[0].done
    assert len(addon_rows(await caller.profile(ENDPOINT))) == 1


def addon_rows(response: httpx.Response) -> list[object]:
    rows = at(response, "Response", "info", "promotionalPlans", "plan")
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize(("kind", "work_is_done"), [("error_before", False), ("error_after", True)])
async def test_an_error_of_the_server_has_the_status_that_was_ordered(
    caller: Caller, platform: Platform, kind: Kind, work_is_done: bool
) -> None:
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind=kind, status=502))
    assert response.status_code == 502
    assert (addons(platform) == 1) is work_is_done


@pytest.mark.parametrize("status", [200, 408, 500, 504])
@pytest.mark.parametrize("done", [True, False])
async def test_a_timeout_is_told_in_words(caller: Caller, platform: Platform, status: int, done: bool) -> None:
    fault = Fault(call="SubscribeAddon", kind="timeout_text", status=status, done=done)
    response = await subscribe_with(caller, platform, fault)
    assert response.status_code == status
    assert "API operation has Time out" in response.text
    assert (addons(platform) == 1) is done


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(None, None), (7, "7"), (0.5, "0.5"), ("Fri, 31 Dec 2100 23:59:59 GMT", "Fri, 31 Dec 2100 23:59:59 GMT")],
)
async def test_too_many_requests_are_refused_with_the_ordered_wait(
    caller: Caller, platform: Platform, retry_after: float | str | None, header: str | None
) -> None:
    fault = Fault(call="SubscribeAddon", kind="rate_limited", retry_after=retry_after)
    response = await subscribe_with(caller, platform, fault)
    assert response.status_code == 429
    assert response.headers.get("Retry-After") == header
    assert addons(platform) == 0


async def test_an_expired_token_can_show_as_http_401(caller: Caller, platform: Platform) -> None:
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind="expired_http"))
    assert response.status_code == 401
    assert addons(platform) == 0


async def test_an_expired_token_can_show_inside_of_http_200(caller: Caller, platform: Platform) -> None:
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind="expired_envelope"))
    assert (response.status_code, codes(response)) == (200, ("1", "401"))
    assert addons(platform) == 0


async def test_broken_json_is_the_first_half_of_the_answer(caller: Caller, platform: Platform) -> None:
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind="broken_json"))
    assert response.text.startswith('{"Response"')
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert addons(platform) == 1


async def test_html_comes_instead_of_json(caller: Caller, platform: Platform) -> None:
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind="html"))
    assert (response.status_code, response.text[:6]) == (200, "<html>")
    assert response.headers["Content-Type"].startswith("text/html")
    assert addons(platform) == 1


async def test_an_empty_body_comes_instead_of_json(caller: Caller, platform: Platform) -> None:
    response = await subscribe_with(caller, platform, Fault(call="SubscribeAddon", kind="empty_body"))
    assert (response.status_code, response.content) == (200, b"")
    assert addons(platform) == 1


async def test_a_rejection_carries_the_ordered_code_and_nothing_is_done(caller: Caller, platform: Platform) -> None:
    fault = Fault(call="SubscribeAddon", kind="rejected", code="4711", description="Authorisation Failure")
    response = await subscribe_with(caller, platform, fault)
    assert (response.status_code, codes(response)) == (200, ("1", "4711"))
    assert at(response, "Response", "resultParam", "resultDescription") == "Authorisation Failure"
    assert addons(platform) == 0


async def test_an_answer_can_have_other_codes_than_it_should_have_though_the_work_is_done(
    caller: Caller, platform: Platform
) -> None:
    for number, (outer, code) in enumerate([("0", "4711"), ("1", "4711"), ("1", "")], 1):
        fault = Fault(call="SubscribeAddon", kind="coded", outer=outer, code=code)
        response = await subscribe_with(caller, platform, fault)
        assert at(response, "Response", "resultCode") == outer
        assert ("4711" in response.text) == bool(code)
        assert addons(platform) == number


async def test_a_rejection_can_come_with_a_status_of_its_own(caller: Caller, platform: Platform) -> None:
    fault = Fault(call="SubscribeAddon", kind="rejected", code="4711", refusal_status=403)
    response = await subscribe_with(caller, platform, fault)
    assert (response.status_code, codes(response)) == (403, ("1", "4711"))


async def call_each(caller: Caller, call: Call) -> httpx.Response:
    match call:
        case "login":
            return await caller.http.post("login", json={"username": "demo", "password": "demo-password"})
        case "RefreshToken":
            return await caller.http.get("RefreshToken")
        case "fetchSIM":
            return await caller.fetch()
        case "EndPointLifeCycleChange":
            return await caller.change_lifecycle(ENDPOINT)
        case "EndPointActivation":
            return await caller.activate(ENDPOINT)
        case "SubscribeAddon":
            return await caller.subscribe(ENDPOINT)
        case "endpoint":
            return await caller.change_addons(ENDPOINT, addAddonPlanIds=[DAILY])
        case "GetEndPointProfile":
            return await caller.profile(ENDPOINT)
        case "QueryRatePlan":
            return await caller.plans()


@pytest.mark.parametrize("call", CALLS)
async def test_a_missing_field_is_what_the_caller_needs_most(caller: Caller, platform: Platform, call: Call) -> None:
    if call == "RefreshToken":
        caller.use(platform.tokens.issue().refresh)
    whole = await call_each(caller, call)
    platform.order(Fault(call=call, kind="missing_field"))
    response = await call_each(caller, call)
    assert response.status_code == 200
    present = [field for field in ESSENTIAL_FIELDS[call] if f'"{field}"' in whole.text]
    assert present
    assert all(f'"{field}"' not in response.text for field in present)
    assert platform.log[-1].done


async def test_any_field_can_be_left_out(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="missing_field", field="rows"))
    response = await caller.fetch()
    assert at(response, "Response", "responseParam") == {}


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_can_lose_its_answer(caller: Caller, platform: Platform, call: Call) -> None:
    if call == "RefreshToken":
        caller.use(platform.tokens.issue().refresh)
    platform.order(Fault(call=call, kind="answer_lost"))
    with pytest.raises(httpx.RemoteProtocolError):
        await call_each(caller, call)
    entry = platform.log[-1]
    assert (entry.call, entry.fault, entry.done, entry.status) == (call, "answer_lost", True, None)


async def test_a_stranger_can_be_faster_with_a_lifecycle_change(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="EndPointLifeCycleChange", kind="already_active"))
    response = await caller.change_lifecycle(ENDPOINT)
    assert at(response, "Response", "responseParam", "previousStatus") == "Active"
    assert [change.by for change in platform.endpoint(ENDPOINT).history] == ["stranger"]


async def test_a_stranger_can_be_faster_with_an_activation(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="*", kind="already_active"))
    await caller.fetch()
    assert codes(await caller.activate(ENDPOINT)) == ("1", "2507")


async def test_every_fault_that_hits_is_counted(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="html", times=2), Fault(call="fetchSIM", kind="rate_limited"))
    for _ in range(4):
        await caller.fetch()
    assert platform.faults == {"html": 2, "rate_limited": 1}


async def test_a_call_with_a_refused_token_uses_up_no_fault(stranger: Caller, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="html"))
    await stranger.fetch()
    assert platform.log[-1].fault is None
    await stranger.login()
    await stranger.fetch()
    assert platform.log[-1].fault == "html"


async def test_latency_comes_between_the_work_and_the_answer() -> None:
    platform = Platform(esims=1, latency_ms=300)
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        caller = Caller(http)
        await caller.login()
        call = asyncio.create_task(caller.subscribe(ENDPOINT))
        await until(lambda: addons(platform) == 1)
        worked = monotonic()
        assert codes(await call) == ("0", "0")
        assert monotonic() - worked > 0.2


def test_every_kind_has_a_test_here() -> None:
    assert set(KINDS) == {
        *("delay", "answer_lost", "error_before", "error_after", "timeout_text", "rate_limited", "expired_http"),
        *("expired_envelope", "reset", "reset_after", "broken_json", "html", "empty_body", "rejected", "late"),
        *("missing_field", "already_active", "coded"),
    }
