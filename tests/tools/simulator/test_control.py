from datetime import datetime, timedelta

import httpx
import pytest

from tests.support.sft_caller import DAILY, Caller
from tools.simulator.platform import Platform

ENDPOINT = "4000001"


async def test_one_fault_or_several_can_be_ordered(caller: Caller, control: httpx.AsyncClient) -> None:
    one = await control.post("faults", json={"call": "fetchSIM", "kind": "error_before", "status": 500})
    several = await control.post(
        "faults", json=[{"call": "*", "kind": "rate_limited"}, {"call": "fetchSIM", "kind": "expired_http"}]
    )
    assert (one.json(), several.json()) == ({"ordered": 1}, {"ordered": 2})
    assert [(await caller.fetch()).status_code for _ in range(4)] == [500, 429, 401, 200]


async def test_faults_can_be_cleared(caller: Caller, control: httpx.AsyncClient) -> None:
    await control.post("faults", json={"call": "*", "kind": "error_before", "times": 0})
    assert (await caller.fetch()).status_code == 503
    assert (await control.delete("faults")).status_code == 204
    assert (await caller.fetch()).status_code == 200


async def test_faults_never_hit_the_control_routes(control: httpx.AsyncClient, platform: Platform) -> None:
    await control.post("faults", json={"call": "*", "kind": "reset", "times": 0})
    assert (await control.get("ledger")).status_code == 200
    assert platform.log == []


async def test_chaos_can_be_switched_on_and_off(caller: Caller, control: httpx.AsyncClient) -> None:
    order = {"rate": 1, "seed": 7, "kinds": ["error_before"], "delay_seconds": [0.1, 0.2]}
    await control.post("chaos", json=order)
    assert (await caller.fetch()).status_code >= 500
    await control.post("chaos", json={"rate": 0})
    assert (await caller.fetch()).status_code == 200


async def test_stock_can_be_added(control: httpx.AsyncClient, platform: Platform) -> None:
    response = await control.post("esims", json={"count": 2})
    assert response.json() == {"endpoint_ids": ["4000004", "4000005"]}
    assert len(platform.endpoints) == 5


async def test_esims_that_were_sold_elsewhere_can_be_added_and_were_never_in_stock(
    control: httpx.AsyncClient, platform: Platform
) -> None:
    response = await control.post("esims", json={"count": 2, "sold_with": [DAILY, DAILY]})
    assert response.json() == {"endpoint_ids": ["4000004", "4000005"]}
    endpoint = platform.endpoint("4000004")
    assert (endpoint.status, [instance.plan.plan_id for instance in endpoint.addons]) == ("Active", [DAILY, DAILY])
    assert {change.by for change in endpoint.history} == {"elsewhere"}
    assert ("status", "Pre-Active") not in {(change.change, change.value) for change in endpoint.history}
    refused = await control.post("esims", json={"count": 2, "sold_with": ["PLAN-NOBODY-KNOWS"]})
    assert (refused.status_code, len(platform.endpoints)) == (422, 5)


async def test_a_stranger_can_change_an_endpoint(control: httpx.AsyncClient, platform: Platform) -> None:
    response = await control.post(f"endpoints/{ENDPOINT}", json={"status": "Active", "attached": False})
    assert response.json() == {"endpoint_id": ENDPOINT, "status": "Active"}
    endpoint = platform.endpoint(ENDPOINT)
    assert (endpoint.status, endpoint.attached) == ("Active", False)
    assert [change.by for change in endpoint.history] == ["stranger"]


async def test_a_stranger_can_add_an_instance(control: httpx.AsyncClient, platform: Platform) -> None:
    response = await control.post(f"endpoints/{ENDPOINT}/addons", json={"planId": DAILY})
    (instance,) = platform.endpoint(ENDPOINT).addons
    assert response.json() == {"unique_id": instance.unique_id, "plan_id": DAILY}


async def test_the_clock_can_be_pushed_ahead(control: httpx.AsyncClient, platform: Platform) -> None:
    before = platform.now()
    response = await control.post("clock", json={"ahead_seconds": 86_400})
    now = datetime.fromisoformat(response.json()["now"])
    assert before + timedelta(days=1) <= now <= platform.now()


async def test_an_endpoint_can_have_traffic(control: httpx.AsyncClient, platform: Platform) -> None:
    platform.set_status(ENDPOINT, "Active")
    first, second = (platform.add_foreign_addon(ENDPOINT, DAILY) for _ in range(2))
    named = await control.post(f"endpoints/{ENDPOINT}/traffic", json={"bytes": 10, "uniqueId": int(second.unique_id)})
    unnamed = await control.post(f"endpoints/{ENDPOINT}/traffic", json={"bytes": 3 * 10**9})
    assert named.json() == {"carried_bytes": 10}
    assert unnamed.json() == {"carried_bytes": 2 * 10**9 - 10}
    assert platform.endpoint(ENDPOINT).ended_addons == [second, first]


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("faults", b"not json", 422, "JSON"),
        ("faults", b'{"call": "*", "kind": "explode"}', 422, "0.kind Input should be 'delay'"),
        ("faults", b'{"call": "SubscribeAddon", "kind": "already_active"}', 422, "can only hit"),
        ("chaos", b'{"rate": 2}', 422, "rate Input should be less than"),
        ("esims", b'{"count": 0}', 422, "count Input should be greater than"),
        ("esims", b'{"count": 100001}', 422, "count Input should be less than"),
        ("endpoints/4000001", b"{}", 422, "status or attached must be given"),
        ("endpoints/4000001", b'{"status": "Dead"}', 422, "status Input should be"),
        ("endpoints/9", b'{"status": "Active"}', 404, "Endpoint not found"),
        ("endpoints/9/addons", b'{"planId": "P"}', 404, "Endpoint not found"),
        ("endpoints/4000001/addons", b'{"planId": "P"}', 422, "Invalid add-on plan"),
        ("clock", b"{}", 422, "ahead_seconds Field required"),
        ("clock", b'{"ahead_seconds": -1}', 422, "ahead_seconds Input should be greater than"),
        ("clock", b'{"ahead_seconds": 1e10}', 422, "ahead_seconds Input should be less than"),
        ("clock", b'{"ahead_seconds": NaN}', 422, "ahead_seconds Input should be a finite number"),
        ("endpoints/9/traffic", b'{"bytes": 1}', 404, "Endpoint not found"),
        ("endpoints/4000001/traffic", b'{"bytes": 1}', 422, "No traffic on an endpoint that is Pre-Active"),
        ("endpoints/4000001/traffic", b'{"bytes": -1}', 422, "bytes Input should be greater than"),
    ],
)
async def test_a_mistake_is_answered_in_one_sentence(
    control: httpx.AsyncClient, path: str, body: bytes, status: int, sentence: str
) -> None:
    response = await control.post(path, content=body)
    assert response.status_code == status
    assert sentence in response.json()["error"]
