import asyncio
from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.sft_caller import DAILY, HEADERS, Caller, at, codes
from tests.support.waiting import until
from tools.simulator.endpoint import Endpoint
from tools.simulator.plan import Plan
from tools.simulator.platform import PlanShape, Platform
from tools.simulator.server import serving

ENDPOINT = "4000001"


async def test_a_login_gives_both_tokens_as_jwts(stranger: Caller) -> None:
    response = await stranger.login()
    assert set(response.json()) == {"AccessToken", "RefreshToken"}
    assert all(token.count(".") == 2 and token.startswith("ey") for token in response.json().values())


async def test_wrong_credentials_are_refused(stranger: Caller, platform: Platform) -> None:
    assert (await stranger.login(password="wrong")).status_code == 401
    assert not platform.log[-1].done


async def test_a_refresh_token_buys_a_new_pair(stranger: Caller) -> None:
    first = (await stranger.login()).json()
    stranger.use(first["RefreshToken"])
    second = (await stranger.http.get("RefreshToken")).json()
    assert second["AccessToken"] != first["AccessToken"]
    stranger.use(second["AccessToken"])
    assert await stranger.available()


async def test_an_access_token_is_no_refresh_token_nor_the_reverse(stranger: Caller) -> None:
    pair = (await stranger.login()).json()
    assert (await stranger.http.get("RefreshToken")).status_code == 401
    stranger.use(pair["RefreshToken"])
    assert (await stranger.fetch()).status_code == 401


async def test_a_revoked_refresh_token_is_refused(stranger: Caller, platform: Platform) -> None:
    pair = (await stranger.login()).json()
    platform.tokens.revoke_refresh()
    stranger.use(pair["RefreshToken"])
    assert (await stranger.http.get("RefreshToken")).status_code == 401


async def test_tokens_expire_in_both_forms_in_turn() -> None:
    platform = Platform(esims=1, token_seconds=0.3)
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        caller = Caller(http)
        token = (await caller.login()).json()["AccessToken"]
        assert codes(await caller.fetch()) == ("0", "0")
        await until(lambda: not platform.tokens.accepts(token))
        first, second = await caller.fetch(), await caller.fetch()
    assert (first.status_code, second.status_code) == (401, 200)
    assert codes(first) == codes(second) == ("1", "401")
    assert not platform.log[-1].done


async def test_the_token_goes_into_x_authorization_and_nowhere_else(stranger: Caller, platform: Platform) -> None:
    token = platform.tokens.issue().access
    stranger.http.headers["Authorization"] = f"Bearer {token}"
    assert (await stranger.fetch()).status_code == 401
    stranger.http.headers["X-Authorization"] = token
    assert codes(await stranger.fetch()) == ("1", "401")


@pytest.mark.parametrize("header", list(HEADERS))
async def test_a_call_without_its_headers_is_not_understood(caller: Caller, platform: Platform, header: str) -> None:
    del caller.http.headers[header]
    response = await caller.http.get("fetchSIM")
    assert response.status_code == 400
    assert header in str(at(response, "Response", "resultParam", "resultDescription"))
    assert not platform.log[-1].done


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("SubscribeAddon", b"not json"),
        ("SubscribeAddon", b"[]"),
        ("SubscribeAddon", b'{"Request": {"endPointId": "4000001"}}'),
        ("SubscribeAddon", b'{"Request": {"endPointId": true, "requestParam": {"planId": "P"}}}'),
        ("EndPointActivation", b'{"Request": {"endpointId": "4000001"}}'),
        (
            "EndPointLifeCycleChange",
            b'{"Request": {"endPointId": "1", "requestParam": {"lifeCycle": "X", "reason": "1"}}}',
        ),
        (
            "EndPointLifeCycleChange",
            b'{"Request": {"endPointId": "1", "requestParam": {"lifeCycle": "A", "reason": "9"}}}',
        ),
        ("login", b'{"username": "demo"}'),
    ],
)
async def test_a_body_that_is_not_understood_changes_nothing(
    caller: Caller, platform: Platform, path: str, body: bytes
) -> None:
    response = await caller.http.post(path, content=body)
    assert (response.status_code, codes(response)) == (400, ("1", "400"))
    assert not any(endpoint.history for endpoint in platform.endpoints)
    assert not platform.log[-1].done


async def test_ids_in_a_request_may_be_numbers(caller: Caller, platform: Platform) -> None:
    body = {"Request": {"endPointId": int(ENDPOINT), "requestParam": {"planId": DAILY}}}
    assert codes(await caller.http.post("SubscribeAddon", json=body)) == ("0", "0")
    assert platform.log[-1].endpoint_id == ENDPOINT


async def test_fetch_sim_shows_the_same_first_sim_to_all_who_ask_at_once(caller: Caller) -> None:
    answers = await asyncio.gather(*(caller.available() for _ in range(5)))
    assert {str(rows[0]["endPointId"]) for rows in answers} == {ENDPOINT}


async def test_fetch_sim_gives_everything_an_esim_needs(caller: Caller) -> None:
    (row,) = await caller.available()
    assert row == {
        "iccid": "8932000000000000001",
        "endPointId": ENDPOINT,
        "msisdn": "324600000001",
        "eid": "89033000000000000000000000000001",
        "simStatus": "Pre-Active",
        "simAttachStatus": "ATTACHED",
        "simProduct": "eSIM",
        "activationCode": {
            "textQrCode": "LPA:1$smdp.example.com$MATCHING-000001",
            "smDpPlusAdress": "smdp.example.com",
            "matchingId": "MATCHING-000001",
        },
    }


async def test_fetch_sim_counts_pages_from_one(caller: Caller, platform: Platform) -> None:
    platform.add_esims(2)
    pages = [[str(row["endPointId"]) for row in await caller.available(page, 2)] for page in (1, 2, 3, 4)]
    assert pages == [["4000001", "4000002"], ["4000003", "4000004"], ["4000005"], []]


@pytest.mark.parametrize("query", [{"page": 0}, {"page": "x"}, {"perPage": -1}, {"perPage": 10**12}])
async def test_fetch_sim_does_not_understand_nonsense_pages(caller: Caller, query: dict[str, str | int]) -> None:
    assert (await caller.fetch(**query)).status_code == 400


async def test_fetch_sim_lists_only_pre_active_attached_ones(caller: Caller, platform: Platform) -> None:
    platform.set_status("4000001", "Active")
    platform.set_attached("4000002", False)
    assert [str(row["endPointId"]) for row in await caller.available(per_page=9)] == ["4000003"]


async def test_fetch_sim_looks_at_no_more_of_a_large_inventory_than_it_shows(
    caller: Caller, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def counted(endpoint: Endpoint) -> bool:
        nonlocal looks
        looks += 1
        return endpoint.attached and endpoint.status == "Pre-Active"

    monkeypatch.setattr(Endpoint, "is_in_stock", property(counted))
    platform.add_esims(300)
    for endpoint in platform.endpoints[:200]:
        platform.set_status(endpoint.endpoint_id, "Active")
    assert [str(row["endPointId"]) for row in await caller.available()] == ["4000201"]
    looks = 0
    assert [str(row["endPointId"]) for row in await caller.available()] == ["4000201"]
    assert looks == 1
    platform.set_status("4000007", "Pre-Active")
    platform.set_attached("4000201", False)
    shown = [str(row["endPointId"]) for row in await caller.available(per_page=2)]
    assert shown == ["4000007", "4000202"]
    platform.set_attached("4000201", True)
    assert [str(row["endPointId"]) for row in await caller.available(2, 1)] == ["4000201"]


async def test_a_sim_that_was_given_another_iccid_is_found_by_that(caller: Caller, platform: Platform) -> None:
    endpoint = platform.endpoints[1]
    before, endpoint.iccid = endpoint.iccid, "8932999"
    for iccid, found in ((before, 0), ("8932999", 1)):
        assert len((await caller.fetch(iccid=iccid)).json()["Response"]["responseParam"]["rows"]) == found


async def test_fetch_sim_finds_one_sim_by_its_iccid_whatever_its_status(caller: Caller, platform: Platform) -> None:
    wanted = platform.endpoints[1]
    platform.set_status(wanted.endpoint_id, "Suspended")
    platform.set_attached(wanted.endpoint_id, False)
    (row,) = (await caller.fetch(iccid=wanted.iccid)).json()["Response"]["responseParam"]["rows"]
    assert (str(row["iccid"]), row["simStatus"], row["simAttachStatus"]) == (wanted.iccid, "Suspended", "NOT ATTACHED")
    assert row["endPointId"] == "-"


async def test_ids_come_as_text_and_as_numbers(caller: Caller) -> None:
    rows = await caller.available(per_page=3) + await caller.available(per_page=3)
    for field in ("endPointId", "iccid", "msisdn"):
        kinds = Counter(type(row[field]) for row in rows if row.get(field, "-") != "-")
        assert kinds[str], field
        assert kinds[int], field


async def test_no_msisdn_is_a_dash_or_no_field_at_all(caller: Caller) -> None:
    rows = [(await caller.available(per_page=3))[2] for _ in range(2)]
    assert [row.get("msisdn", "absent") for row in rows] == ["-", "absent"]


async def test_a_lifecycle_change_tells_the_status_before_and_after(caller: Caller, platform: Platform) -> None:
    steps = []
    for life_cycle in ("A", "A", "S", "A"):
        response = await caller.change_lifecycle(ENDPOINT, life_cycle)
        param = response.json()["Response"]["responseParam"]
        steps.append((codes(response)[1], param["previousStatus"], param["currentStatus"]))
    assert steps == [
        ("5017", "Pre-Active", "Active"),
        ("9003", "Active", "Active"),
        ("5017", "Active", "Suspended"),
        ("5017", "Suspended", "Active"),
    ]
    assert platform.endpoint(ENDPOINT).status == "Active"


async def test_a_success_can_come_with_an_outer_failure(caller: Caller) -> None:
    lifecycle = [codes(await caller.change_lifecycle(e.endpoint_id)) for e in Platform(esims=2).endpoints]
    assert lifecycle == [("0", "5017"), ("1", "5017")]


async def test_an_endpoint_that_was_never_active_cannot_be_suspended(caller: Caller, platform: Platform) -> None:
    outer, _ = codes(await caller.change_lifecycle(ENDPOINT, "S"))
    assert outer == "1"
    assert platform.endpoint(ENDPOINT).status == "Pre-Active"


async def test_an_activation_tells_whether_it_changed_anything(caller: Caller, platform: Platform) -> None:
    inner = [codes(await caller.activate(ENDPOINT))[1] for _ in range(2)]
    assert inner == ["5014", "2507"]
    assert platform.endpoint(ENDPOINT).status == "Active"


async def test_an_endpoint_without_a_sim_cannot_be_activated(caller: Caller, platform: Platform) -> None:
    platform.set_attached(ENDPOINT, False)
    assert codes(await caller.activate(ENDPOINT)) == ("1", "6420")
    assert platform.endpoint(ENDPOINT).status == "Pre-Active"
    assert not platform.log[-1].done


async def test_every_subscription_is_a_new_instance_of_the_same_plan(caller: Caller, platform: Platform) -> None:
    plans = [(await caller.subscribe(ENDPOINT)).json()["Response"]["info"]["promotionalPlans"]["plan"] for _ in "123"]
    assert {plan["planId"] for plan in plans} == {DAILY}
    unique_ids = [str(plan["uniqueId"]) for plan in plans]
    assert len(set(unique_ids)) == 3
    assert [instance.unique_id for instance in platform.endpoint(ENDPOINT).addons] == unique_ids


async def test_unique_ids_come_as_text_and_as_numbers(caller: Caller) -> None:
    answers = [await caller.subscribe(ENDPOINT) for _ in range(2)]
    ids = [at(answer, "Response", "info", "promotionalPlans", "plan", "uniqueId") for answer in answers]
    assert {type(unique_id) for unique_id in ids} == {str, int}


@pytest.mark.parametrize(
    ("shape", "kinds"), [("object", [dict, dict]), ("list", [list, list]), ("alternating", [dict, list])]
)
async def test_the_subscribed_plan_has_the_shape_that_was_chosen(shape: PlanShape, kinds: list[type]) -> None:
    platform = Platform(esims=1, plan_shape=shape)
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        caller = Caller(http)
        await caller.login()
        answers = [await caller.subscribe(ENDPOINT) for _ in kinds]
    assert [type(at(answer, "Response", "info", "promotionalPlans", "plan")) for answer in answers] == kinds


@pytest.mark.parametrize("newest_first", [False, True])
async def test_addons_are_listed_in_the_order_that_was_chosen(
    caller: Caller, platform: Platform, newest_first: bool
) -> None:
    platform.newest_first = newest_first
    for _ in range(2):
        await caller.subscribe(ENDPOINT)
    rows = at(await caller.profile(ENDPOINT), "Response", "info", "promotionalPlans", "plan")
    assert isinstance(rows, list)
    made = [instance.unique_id for instance in platform.endpoint(ENDPOINT).addons]
    assert [str(row["uniqueId"]) for row in rows] == (made[::-1] if newest_first else made)


async def test_an_unknown_plan_is_rejected_with_a_code(caller: Caller, platform: Platform) -> None:
    response = await caller.subscribe(ENDPOINT, "PLAN-NOWHERE")
    assert (response.status_code, codes(response)) == (200, ("1", "6110"))
    assert (platform.log[-1].plan_id, platform.log[-1].done) == ("PLAN-NOWHERE", False)
    assert platform.endpoint(ENDPOINT).addons == []


async def test_an_unknown_endpoint_is_rejected_by_every_call_about_it(caller: Caller) -> None:
    answers = [
        await caller.change_lifecycle("9"),
        await caller.activate("9"),
        await caller.subscribe("9"),
        await caller.change_addons("9"),
        await caller.profile("9"),
    ]
    assert [codes(answer) for answer in answers] == [("1", "1006")] * 5


async def test_patching_an_endpoint_adds_and_removes_instances(caller: Caller, platform: Platform) -> None:
    await caller.subscribe(ENDPOINT)
    (old,) = platform.endpoint(ENDPOINT).addons
    response = await caller.change_addons(ENDPOINT, addAddonPlanIds=[DAILY], removeAddonUniqueIds=[old.unique_id])
    assert codes(response) == ("0", "0")
    (new,) = platform.endpoint(ENDPOINT).addons
    assert new.unique_id != old.unique_id
    assert platform.endpoint(ENDPOINT).removed_addons == [old]


async def test_patching_an_endpoint_does_all_or_nothing(caller: Caller, platform: Platform) -> None:
    response = await caller.change_addons(ENDPOINT, addAddonPlanIds=[DAILY], removeAddonUniqueIds=["7"])
    assert codes(response) == ("1", "6111")
    assert platform.endpoint(ENDPOINT).addons == []


async def test_the_profile_shows_status_plans_and_balances(caller: Caller, platform: Platform) -> None:
    instance = platform.add_foreign_addon(ENDPOINT, DAILY)
    info = (await caller.profile(ENDPOINT)).json()["Response"]["info"]
    assert info["basicInfo"]["status"] == "Pre-Active"
    assert info["promotionalPlans"]["plan"] == [
        {
            "planId": DAILY,
            "planName": "Wakanda Daily",
            "uniqueId": instance.unique_id,
            "planServiceName": "DATA",
            "planStartDate": "-",
            "planExpiryDate": "-",
        }
    ]
    assert info["benefitInfo"]["benefit"] == [
        {
            "name": "DATA",
            "uniqueId": int(instance.unique_id),
            "actualBalance": "1000000000",
            "balance": "1000000000",
            "startDate": "-",
            "expiryDate": "-",
        }
    ]


async def test_the_profile_shows_what_use_and_time_made_of_each_instance(caller: Caller, platform: Platform) -> None:
    platform.clock.set(datetime(2100, 1, 31, 23, 59, 58, tzinfo=UTC))
    platform.set_status(ENDPOINT, "Active")
    once = platform.add_foreign_addon(ENDPOINT, DAILY)
    recurring = platform.add_foreign_addon(ENDPOINT, "PLAN-WAKANDA-MONTHLY")
    platform.use(ENDPOINT, 24, once.unique_id)
    platform.use(ENDPOINT, 1024, recurring.unique_id)

    async def shown() -> list[tuple[str, int, str, str]]:
        info = (await caller.profile(ENDPOINT)).json()["Response"]["info"]
        rows = zip(info["promotionalPlans"]["plan"], info["benefitInfo"]["benefit"], strict=True)
        return [
            (str(plan["uniqueId"]), int(benefit["balance"]), plan["planStartDate"], benefit["expiryDate"])
            for plan, benefit in rows
        ]

    began = "31/01/2100 23:59:58"
    assert await shown() == [
        (once.unique_id, 10**9 - 24, began, "01/02/2100 23:59:58"),
        (recurring.unique_id, 5 * 10**9 - 1024, began, "02/03/2100 23:59:58"),
    ]
    platform.clock.push(30 * 86_400)
    assert await shown() == [
        (recurring.unique_id, 5 * 10**9, "02/03/2100 23:59:58", "01/04/2100 23:59:58"),
    ]


async def test_subscribing_shows_the_dates_of_a_plan_that_starts_at_once() -> None:
    plan = Plan(plan_id="P", name="At once", granted_bytes=5, validity_days=1, starts="at_once")
    platform = Platform(esims=1, plans=[plan])
    platform.clock.set(datetime(2100, 1, 1, tzinfo=UTC))
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        caller = Caller(http)
        await caller.login()
        answer = await caller.subscribe(ENDPOINT, "P")
    assert at(answer, "Response", "info", "promotionalPlans", "plan", "planStartDate") == "01/01/2100 00:00:00"
    assert at(answer, "Response", "info", "promotionalPlans", "plan", "planExpiryDate") == "02/01/2100 00:00:00"


async def test_an_instance_that_has_expired_can_no_longer_be_removed(caller: Caller, platform: Platform) -> None:
    platform.set_status(ENDPOINT, "Active")
    instance = platform.add_foreign_addon(ENDPOINT, DAILY)
    platform.use(ENDPOINT, 1)
    platform.clock.push(86_400)
    response = await caller.change_addons(ENDPOINT, removeAddonUniqueIds=[instance.unique_id])
    assert codes(response) == ("1", "6111")
    assert platform.endpoint(ENDPOINT).ended_addons == [instance]


async def test_a_removed_instance_is_no_longer_in_the_profile(caller: Caller, platform: Platform) -> None:
    instance = platform.add_foreign_addon(ENDPOINT, DAILY)
    await caller.change_addons(ENDPOINT, removeAddonUniqueIds=[instance.unique_id])
    info = (await caller.profile(ENDPOINT)).json()["Response"]["info"]
    assert info["promotionalPlans"]["plan"] == info["benefitInfo"]["benefit"] == []
