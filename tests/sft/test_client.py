import asyncio
from datetime import UTC, datetime

import pytest

from sft.client import SftClient
from sft.errors import Malformed, NotSent, Rejected, SftError, Unanswered
from sft.models import (
    AddonInstance,
    Benefit,
    EndpointActivation,
    EndpointProfile,
    LifeCycle,
    LifecycleChange,
    PlanInstance,
    Reason,
    Sim,
)
from tests.support.raw_sft import ACCESS, answering, failure, raw_sft, success
from tests.support.sft_account import ASKS, ENDPOINT, PASSWORD, PLAN, client_of
from tests.support.telling import long_but
from tools.simulator.call import ACTIVATING_CALLS, Call
from tools.simulator.fault import KINDS, Fault
from tools.simulator.habits.forms import EMPTY_FORMS
from tools.simulator.platform import Platform
from tools.simulator.server import serving

ACTING_CALLS: list[Call] = ["EndPointLifeCycleChange", "EndPointActivation", "SubscribeAddon", "endpoint"]
READING_CALLS: list[Call] = ["fetchSIM", "GetEndPointProfile"]
CALLS = ACTING_CALLS + READING_CALLS


async def activate(client: SftClient) -> LifecycleChange:
    return await client.change_lifecycle(ENDPOINT, LifeCycle.ACTIVE, Reason.SYSTEM)


# What goes over the wire


@pytest.mark.parametrize("call", CALLS)
async def test_a_call_carries_the_headers_of_the_wire_and_the_access_token(call: Call) -> None:
    async with raw_sft(answering(b"")) as sft, client_of(sft.base_url) as client:
        with pytest.raises(SftError):
            await ASKS[call](client)
    login, request = sft.requests
    for sent in (login, request):
        assert sent.header("Content-Type") == ["application/json"]
        assert sent.header("X-Requested-With") == ["XMLHttpRequest"]
        assert sent.header("Authorization") == []
    assert login.header("X-Authorization") == []
    assert request.header("X-Authorization") == [f"Bearer {ACCESS}"]


@pytest.mark.parametrize(
    ("call", "method", "query", "body"),
    [
        ("fetchSIM", "GET", "?simStatusId=12&simAttachStatusId=1&page=1&perPage=1", None),
        ("GetEndPointProfile", "GET", f"?endPointId={ENDPOINT}", None),
        ("EndPointActivation", "POST", "", {"endPointId": ENDPOINT}),
        (
            "EndPointLifeCycleChange",
            "POST",
            "",
            {"endPointId": ENDPOINT, "requestParam": {"lifeCycle": "A", "reason": "1"}},
        ),
        ("SubscribeAddon", "POST", "", {"endPointId": ENDPOINT, "requestParam": {"planId": PLAN}}),
        ("endpoint", "PATCH", "", {"endPointId": ENDPOINT, "requestParam": {"removeAddonUniqueIds": []}}),
    ],
)
async def test_a_call_is_sent_as_the_wire_has_it(call: str, method: str, query: str, body: object) -> None:
    async with raw_sft(answering(b"")) as sft, client_of(sft.base_url) as client:
        with pytest.raises(SftError):
            await ASKS[call](client)
    sent = sft.requests[-1]
    assert (sent.method, sent.target) == (method, f"/api/{call}{query}")
    assert sent.body == b"" if body is None else sent.json == {"Request": body}


@pytest.mark.parametrize(
    ("life_cycle", "reason", "sent"),
    [
        (LifeCycle.SUSPENDED, Reason.NON_PAYMENT, {"lifeCycle": "S", "reason": "2"}),
        (LifeCycle.ACTIVE_INVENTORY, Reason.CUSTOMER_SERVICE, {"lifeCycle": "AI", "reason": "3"}),
    ],
)
async def test_life_cycles_and_reasons_are_spelled_as_sft_does(
    life_cycle: LifeCycle, reason: Reason, sent: object
) -> None:
    async with raw_sft(answering(b"")) as sft, client_of(sft.base_url) as client:
        with pytest.raises(SftError):
            await client.change_lifecycle(ENDPOINT, life_cycle, reason)
    assert sft.requests[-1].json == {"Request": {"endPointId": ENDPOINT, "requestParam": sent}}


@pytest.mark.parametrize("account", [None, "CHILD-7"])
async def test_a_login_names_a_resellers_child_account_only_if_there_is_one(account: str | None) -> None:
    async with (
        raw_sft(answering(b"")) as sft,
        client_of(sft.base_url, target_account_id=account) as client,
    ):
        with pytest.raises(SftError):
            await client.fetch_sims()
    credentials = {"username": "demo", "password": PASSWORD}
    assert sft.requests[0].json == credentials | ({"targetAccountId": account} if account else {})


# What SFT answers


async def test_fetch_sims_lists_what_can_be_sold(client: SftClient, platform: Platform) -> None:
    platform.set_status("4000002", "Active")
    sims = await client.fetch_sims(page=1, per_page=5)
    assert [sim.endpoint_id for sim in sims] == ["4000001", "4000003"]
    assert [sim.activation_code for sim in sims] == [
        platform.endpoint(endpoint_id).activation_code for endpoint_id in ("4000001", "4000003")
    ]
    assert sims[0].iccid == platform.endpoint("4000001").iccid
    assert (sims[0].status, sims[0].attach_status) == ("Pre-Active", "ATTACHED")


async def test_fetch_sims_turns_pages(client: SftClient) -> None:
    pages = [await client.fetch_sims(page=page, per_page=2) for page in (1, 2, 3)]
    assert [[sim.endpoint_id for sim in page] for page in pages] == [["4000001", "4000002"], ["4000003"], []]


async def test_rows_that_lack_what_a_sale_needs_do_not_hide_the_others() -> None:
    rows = [
        {"iccid": 8932000000000000001, "endPointId": "-", "activationCode": {"textQrCode": "LPA:1$a$1"}},
        {"iccid": "8932000000000000002", "endpointId": 4000002},
        {"iccid": "8932000000000000003", "endPointId": "4000003", "activationCode": "-"},
        "no row at all",
        {"iccid": {"surprise": []}, "endPointId": "4000004"},
        {"iccid": "5", "endPointId": "4000005", "activationCode": {"textQrCode": "LPA:1$a$5"}, "eid": "-"},
    ]
    handler = answering(success(responseParam={"rows": rows}))
    async with raw_sft(handler) as sft, client_of(sft.base_url) as client:
        sims = await client.fetch_sims(1, 6)
    assert sims == [
        Sim(iccid="8932000000000000001", activation_code="LPA:1$a$1"),
        Sim(iccid="8932000000000000002", endpoint_id="4000002"),
        Sim(iccid="8932000000000000003", endpoint_id="4000003"),
        Sim(),
        Sim(endpoint_id="4000004"),
        Sim(iccid="5", endpoint_id="4000005", activation_code="LPA:1$a$5"),
    ]


async def test_a_state_that_was_not_asked_for_is_named_as_sft_spells_it(caplog: pytest.LogCaptureFixture) -> None:
    rows = [{"endPointId": "1", "simStatus": word} for word in ("PREACTIVE", "Ready To Activate", "Hold")]
    async with raw_sft(answering(success(responseParam={"rows": rows}))) as sft, client_of(sft.base_url) as client:
        for _ in range(2):
            assert len(await client.fetch_sims(1, 6)) == 3
    [warned] = [record.getMessage() for record in caplog.records if record.name == "sft"]
    assert "'Ready To Activate'" in warned


@pytest.mark.parametrize(("rows", "count"), [([], 0), (None, 0), ("-", 0), ({"endPointId": 7}, 1)])
async def test_rows_may_be_one_object_or_nothing(rows: object, count: int) -> None:
    async with raw_sft(answering(success(responseParam={"rows": rows}))) as sft, client_of(sft.base_url) as client:
        assert len(await client.fetch_sims()) == count


async def test_a_page_without_rows_is_malformed_and_not_an_empty_inventory() -> None:
    async with (
        raw_sft(answering(success(responseParam={}))) as sft,
        client_of(sft.base_url) as client,
    ):
        with pytest.raises(Malformed) as caught:
            await client.fetch_sims()
    assert (caught.value.call, caught.value.field) == ("fetchSIM", "Response.responseParam.rows")


async def test_an_empty_list_may_be_told_by_its_total_or_as_a_refusal_and_other_refusals_are_none() -> None:
    async with (
        raw_sft(answering(success(responseParam={"total": 0}))) as sft,
        client_of(sft.base_url) as client,
    ):
        assert (await client.fetch_attached_sims(2, 100), await client.find_sim("89320")) == ([], None)
    for words in ("No records found.", "SIM not found", "No data"):
        async with raw_sft(answering(failure("6204", words))) as sft, client_of(sft.base_url) as client:
            assert await client.fetch_sims() == []
    for words in ("Not allowed", "Page not available", ""):
        async with raw_sft(answering(failure("6204", words))) as sft, client_of(sft.base_url) as client:
            with pytest.raises(Rejected):
                await client.fetch_sims()


@pytest.mark.parametrize("habit", [name for name, *_ in EMPTY_FORMS])
async def test_where_there_is_no_sim_the_list_is_over_and_an_iccid_unknown_in_whatever_form(habit: str) -> None:
    async with serving(Platform(esims=2, habits=[habit])) as base_url, client_of(base_url) as client:
        assert len(await client.fetch_attached_sims(1, 100)) == 2
        assert await client.fetch_attached_sims(2, 100) == []
        assert await client.fetch_sims(2, 100) == []
        assert await client.find_sim("8999000000000000777") is None


async def test_a_lifecycle_change_tells_the_state_before_and_after(client: SftClient) -> None:
    changes = [await activate(client) for _ in range(3)]
    assert changes[0] == LifecycleChange(previous_status="Pre-Active", current_status="Active")
    assert changes[1:] == [LifecycleChange(previous_status="Active", current_status="Active")] * 2


@pytest.mark.parametrize("outer", ["0", "1", 1, None])
@pytest.mark.parametrize("inner", ["5017", 9003])
async def test_a_lifecycle_change_goes_by_the_inner_code_whatever_the_outer_one(outer: object, inner: object) -> None:
    body = {"Response": {"resultCode": outer, "resultParam": {"resultCode": inner}}}
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        assert await activate(client) == LifecycleChange()


async def test_a_lifecycle_change_without_previous_status_is_still_one(client: SftClient, platform: Platform) -> None:
    platform.order(Fault(call="EndPointLifeCycleChange", kind="missing_field", field="previousStatus"))
    assert await activate(client) == LifecycleChange(previous_status=None, current_status="Active")


@pytest.mark.parametrize("outer", ["1", None, "7"])
async def test_any_other_inner_code_rejects_a_lifecycle_change_that_is_no_success_by_the_outer_one(
    outer: str | None,
) -> None:
    body = {"Response": {"resultCode": outer, "resultParam": {"resultCode": 5099}}}
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        with pytest.raises(Rejected) as caught:
            await activate(client)
    assert caught.value.code == "5099"


@pytest.mark.parametrize("inner", ["0", 5099, None, "-"])
@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation"])
async def test_an_outer_success_is_one_whatever_the_inner_code(call: Call, inner: object) -> None:
    body = {"Response": {"resultCode": 0, "resultParam": {"resultCode": inner}}}
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        await ASKS[call](client)


async def test_a_lifecycle_change_to_active_says_if_it_was_active_before_and_one_to_suspended_is_refused_then() -> None:
    async with raw_sft(answering(failure("2507", "Already active"))) as sft, client_of(sft.base_url) as client:
        assert (await activate(client)).previous_status == "Active"
        with pytest.raises(Rejected):
            await client.change_lifecycle(ENDPOINT, LifeCycle.SUSPENDED, Reason.SYSTEM)


@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation"])
async def test_an_outer_failure_without_a_code_and_a_word_says_nothing(call: Call) -> None:
    async with raw_sft(answering({"Response": {"resultCode": "1"}})) as sft, client_of(sft.base_url) as client:
        with pytest.raises(Malformed):
            await ASKS[call](client)


async def test_an_activation_tells_whether_the_endpoint_was_active_already(client: SftClient) -> None:
    assert await client.activate_endpoint(ENDPOINT) == EndpointActivation(already_active=False)
    assert await client.activate_endpoint(ENDPOINT) == EndpointActivation(already_active=True)


async def test_an_endpoint_without_sim_rejects_its_activation(client: SftClient, platform: Platform) -> None:
    platform.set_attached(ENDPOINT, False)
    with pytest.raises(Rejected) as caught:
        await client.activate_endpoint(ENDPOINT)
    assert caught.value.code == "6420"


async def test_every_subscription_of_the_same_plan_is_an_instance_of_its_own(
    client: SftClient, platform: Platform
) -> None:
    await activate(client)
    instances = [await client.subscribe_addon(ENDPOINT, PLAN) for _ in range(4)]
    assert {instance.plan_id for instance in instances} == {PLAN}
    made = [addon.unique_id for addon in platform.endpoint(ENDPOINT).addons]
    assert [instance.unique_id for instance in instances] == made
    assert len(set(made)) == 4


@pytest.mark.parametrize(
    "plan",
    [
        {"planId": PLAN, "uniqueId": 71},
        [{"planId": PLAN, "uniqueId": "71"}],
        {"uniqueId": "71"},
        [{"planId": "PLAN-OLD", "uniqueId": "70"}, {"planId": PLAN, "uniqueId": 71}],
        {"planId": PLAN.lower().replace("-", "_"), "uniqueId": 71},
    ],
)
async def test_a_new_instance_is_found_however_the_plan_is_rendered(plan: object) -> None:
    body = success(info={"promotionalPlans": {"plan": plan}})
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        assert await client.subscribe_addon(ENDPOINT, PLAN) == AddonInstance(plan_id=PLAN, unique_id="71")


@pytest.mark.parametrize(
    "plan",
    [
        None,
        [],
        {"planId": PLAN},
        {"planId": PLAN, "uniqueId": "-"},
        {"planId": "PLAN-OTHER", "uniqueId": "71"},
        [{"planId": PLAN, "uniqueId": "71"}, {"planId": PLAN, "uniqueId": "72"}],
    ],
)
async def test_a_subscription_whose_instance_is_not_told_is_malformed(plan: object) -> None:
    body = success(info={"promotionalPlans": {"plan": plan}})
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        with pytest.raises(Malformed) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert caught.value.field == "Response.info.promotionalPlans.plan.uniqueId"


async def test_a_success_with_a_code_of_failure_inside_may_have_been_done_and_says_what_sft_says() -> None:
    body = success(resultParam={"resultCode": "6605", "resultDescription": "Insufficient account balance"})
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        with pytest.raises(Malformed, match=r"\(it says: 6605 Insufficient account balance\)"):
            await client.subscribe_addon(ENDPOINT, PLAN)


async def test_a_refused_subscription_that_names_an_instance_may_have_been_done() -> None:
    plan = {"planId": PLAN, "uniqueId": "71"}
    body = failure("6110", "Invalid add-on plan", info={"promotionalPlans": {"plan": plan}})
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        with pytest.raises(Malformed):
            await client.subscribe_addon(ENDPOINT, PLAN)


async def test_an_unknown_plan_is_rejected_with_sfts_own_words(client: SftClient) -> None:
    with pytest.raises(Rejected) as caught:
        await client.subscribe_addon(ENDPOINT, "PLAN-NONE")
    assert caught.value.call == "SubscribeAddon"
    assert (caught.value.code, caught.value.description) == ("6110", "Invalid add-on plan")


async def test_removing_takes_that_instance_off_and_no_other(client: SftClient, platform: Platform) -> None:
    first, second = [platform.add_foreign_addon(ENDPOINT, PLAN) for _ in range(2)]
    await client.remove_addons(ENDPOINT, [first.unique_id])
    assert [addon.unique_id for addon in platform.endpoint(ENDPOINT).addons] == [second.unique_id]


async def test_a_profile_shows_state_addons_and_balances(client: SftClient, platform: Platform) -> None:
    platform.set_status(ENDPOINT, "Suspended")
    instances = [platform.add_foreign_addon(ENDPOINT, PLAN) for _ in range(2)]
    for _ in range(2):
        profile = await client.get_endpoint_profile(ENDPOINT)
        assert (profile.status, profile.iccid) == ("Suspended", platform.endpoint(ENDPOINT).iccid)
        assert [plan.unique_id for plan in profile.plans] == [addon.unique_id for addon in instances]
        assert {(plan.plan_id, plan.starts_at) for plan in profile.plans} == {(PLAN, None)}
        assert [benefit.remaining_bytes for benefit in profile.benefits] == [10**9, 10**9]


async def test_a_profile_is_read_field_by_field() -> None:
    dates = {"planStartDate": "21/11/2026 08:00:00", "planExpiryDate": "21/12/2026 07:59:59"}
    info = {
        "basicInfo": {"iccid": 8932000000000000001, "msisdn": "-", "status": "Active"},
        "promotionalPlans": {"plan": {"planId": 123, "planName": "Wakanda", "uniqueId": "71", **dates}},
        "benefitInfo": {
            "benefit": {
                "name": "DATA",
                "uniqueId": 71,
                "actualBalance": "1024.00",
                "balance": 512,
                "startDate": "-",
                "expiryDate": "21/12/2026 07:59:59",
            }
        },
    }
    async with raw_sft(answering(success(info=info))) as sft, client_of(sft.base_url) as client:
        profile = await client.get_endpoint_profile(ENDPOINT)
    end = datetime(2026, 12, 21, 7, 59, 59, tzinfo=UTC)
    start = datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert profile == EndpointProfile(
        status="Active",
        iccid="8932000000000000001",
        plans=[PlanInstance(plan_id="123", unique_id="71", name="Wakanda", starts_at=start, expires_at=end)],
        benefits=[Benefit(unique_id="71", name="DATA", granted_bytes=1024, remaining_bytes=512, expires_at=end)],
    )


# What a caller may conclude


FAULTS: list[tuple[Fault, type[SftError]]] = [
    (Fault(call="*", kind="answer_lost"), Unanswered),
    (Fault(call="*", kind="reset_after"), Unanswered),
    (Fault(call="*", kind="reset"), Unanswered),
    (Fault(call="*", kind="late"), Unanswered),
    (Fault(call="*", kind="error_before"), Unanswered),
    (Fault(call="*", kind="error_after", status=500), Unanswered),
    (Fault(call="*", kind="error_after", status=408), Unanswered),
    *(
        (Fault(call="*", kind="timeout_text", status=status), Unanswered)
        for status in (200, 400, 401, 408, 429, 500, 504)
    ),
    (Fault(call="*", kind="broken_json"), Malformed),
    (Fault(call="*", kind="html"), Malformed),
    (Fault(call="*", kind="empty_body"), Malformed),
    (Fault(call="*", kind="rejected", code="7001"), Rejected),
    (Fault(call="*", kind="error_before", status=404), Rejected),
    (Fault(call="*", kind="rate_limited"), NotSent),
]


@pytest.mark.parametrize("call", CALLS)
async def test_every_call_draws_the_same_conclusion_from_a_fault_and_is_sent_once(
    client: SftClient, platform: Platform, call: Call
) -> None:
    await client.fetch_sims()
    for fault, error in FAULTS:
        platform.order(fault)
        sent = platform.calls[call]
        with pytest.raises(SftError) as caught:
            await ASKS[call](client)
        assert type(caught.value) is error, fault
        assert caught.value.call == call
        assert platform.calls[call] == sent + 1, fault


@pytest.mark.parametrize("call", CALLS)
async def test_what_sft_has_done_is_never_reported_as_not_done(
    client: SftClient, platform: Platform, call: Call
) -> None:
    for kind in KINDS:
        if kind == "already_active" and call not in ACTIVATING_CALLS:
            continue
        platform.order(Fault(call=call, kind=kind))
        already = len(platform.log)
        try:
            await ASKS[call](client)
        except (NotSent, Rejected):
            await platform.late_work_done()
            assert not any(entry.done for entry in platform.log[already:] if entry.call == call), kind
        except (Unanswered, Malformed):
            pass
        assert platform.log[-1].call == call


@pytest.mark.parametrize("call", ["SubscribeAddon", "GetEndPointProfile", "endpoint"])
async def test_an_answer_that_lacks_its_essential_field_is_malformed(
    client: SftClient, platform: Platform, call: Call
) -> None:
    platform.order(Fault(call=call, kind="missing_field"))
    with pytest.raises(Malformed) as caught:
        await ASKS[call](client)
    assert caught.value.call == call
    assert caught.value.field.startswith("Response")


async def test_a_call_that_gets_no_answer_in_time_is_unanswered(base_url: str, platform: Platform) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=30))
    async with client_of(base_url, timeout_seconds=0.2, slow_timeout_seconds=30) as client:
        with pytest.raises(Unanswered):
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert len(platform.endpoint(ENDPOINT).addons) == 1


@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation", "GetEndPointProfile"])
async def test_calls_that_sft_gives_180_seconds_are_waited_for_longer(
    base_url: str, platform: Platform, call: Call
) -> None:
    platform.order(Fault(call=call, kind="delay", delay_seconds=0.4))
    async with client_of(base_url, timeout_seconds=0.2, slow_timeout_seconds=30) as client:
        await ASKS[call](client)


@pytest.mark.parametrize("call", long_but(["fetchSIM", "SubscribeAddon"], CALLS))
async def test_the_code_of_an_http_status_is_the_envelopes_where_it_has_one(call: Call) -> None:
    for body, code in ((failure("7002", "No such endpoint"), "7002"), (b"<html>", "404"), ([], "404")):
        async with raw_sft(answering(body, status=404)) as sft, client_of(sft.base_url) as client:
            with pytest.raises(Rejected) as caught:
                await ASKS[call](client)
        assert caught.value.code == code


async def test_calls_run_side_by_side(client: SftClient, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="delay", delay_seconds=0.3, times=0))
    async with asyncio.timeout(2):
        await asyncio.gather(*(client.fetch_sims() for _ in range(20)))


async def test_an_error_says_which_http_status_it_was_answered_with(client: SftClient, platform: Platform) -> None:
    for fault, status in (
        (Fault(call="SubscribeAddon", kind="timeout_text", status=504), 504),
        (Fault(call="SubscribeAddon", kind="rejected"), 200),
        (Fault(call="SubscribeAddon", kind="answer_lost"), None),
    ):
        platform.order(fault)
        with pytest.raises(SftError) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
        assert caught.value.status == status
