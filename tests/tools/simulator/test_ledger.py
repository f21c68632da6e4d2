import json
from datetime import UTC, datetime

import httpx

from tests.support.sft_caller import DAILY, Caller
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

ENDPOINT = "4000001"


async def test_the_ledger_tells_what_was_done_by_which_call(caller: Caller, platform: Platform) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="answer_lost", skip=1))
    await caller.change_lifecycle(ENDPOINT)
    await caller.subscribe(ENDPOINT)
    lost = False
    try:
        await caller.subscribe(ENDPOINT)
    except httpx.RemoteProtocolError:
        lost = True
    assert lost
    first, second = (instance.unique_id for instance in platform.endpoint(ENDPOINT).addons)
    await caller.change_addons(ENDPOINT, removeAddonUniqueIds=[first])

    ledger = platform.ledger()
    record = ledger["endpoints"][0]
    assert (record["endpoint_id"], record["status"]) == (ENDPOINT, "Active")
    assert [(addon["unique_id"], addon["plan_id"]) for addon in record["addons"]] == [(second, DAILY)]
    assert [(addon["unique_id"], addon["plan_id"]) for addon in record["removed_addons"]] == [(first, DAILY)]
    assert [(line["change"], line["value"], line["by"], line["call_number"]) for line in record["history"]] == [
        ("status", "Active", "EndPointLifeCycleChange", 1),
        ("addon_added", first, "SubscribeAddon", 2),
        ("addon_added", second, "SubscribeAddon", 3),
        ("addon_removed", first, "endpoint", 4),
    ]
    assert ledger["calls"] == {"EndPointLifeCycleChange": 1, "SubscribeAddon": 2, "endpoint": 1}
    assert ledger["faults"] == {"answer_lost": 1}
    assert ledger["log"][2] == {
        "number": 3,
        "call": "SubscribeAddon",
        "endpoint_id": ENDPOINT,
        "plan_id": DAILY,
        "fault": "answer_lost",
        "done": True,
        "status": None,
    }


def test_the_ledger_tells_what_is_left_of_each_instance_and_what_has_ended_by_now(platform: Platform) -> None:
    platform.clock.set(datetime(2100, 1, 1, tzinfo=UTC))
    platform.set_status(ENDPOINT, "Active")
    used, waiting = (platform.add_foreign_addon(ENDPOINT, DAILY).unique_id for _ in range(2))
    platform.use(ENDPOINT, 1000)
    begun = {
        "unique_id": used,
        "plan_id": DAILY,
        "remaining_bytes": 10**9 - 1000,
        "granted_bytes": 10**9,
        "starts_at": "2100-01-01T00:00:00+00:00",
        "expires_at": "2100-01-02T00:00:00+00:00",
    }
    unused = {
        "unique_id": waiting,
        "plan_id": DAILY,
        "remaining_bytes": 10**9,
        "granted_bytes": 10**9,
        "starts_at": None,
        "expires_at": None,
    }
    record = platform.ledger()["endpoints"][0]
    assert (record["addons"], record["ended_addons"]) == ([begun, unused], [])

    platform.clock.push(86_400)
    record = platform.ledger()["endpoints"][0]
    assert (record["addons"], record["ended_addons"], record["removed_addons"]) == ([unused], [begun], [])
    ended = record["history"][-1]
    assert (ended["change"], ended["value"], ended["by"], ended["call_number"], ended["at"]) == (
        "addon_ended",
        used,
        "expired",
        None,
        "2100-01-02T00:00:00+00:00",
    )


async def test_the_ledger_over_http_is_the_ledger_in_process(
    caller: Caller, control: httpx.AsyncClient, platform: Platform
) -> None:
    await caller.subscribe(ENDPOINT)
    assert (await control.get("ledger")).json() == json.loads(json.dumps(platform.ledger()))


def test_the_ledger_is_a_copy(platform: Platform) -> None:
    before = platform.ledger()
    platform.set_status(ENDPOINT, "Active")
    assert before["endpoints"][0]["status"] == "Pre-Active"
    assert before["endpoints"][0]["history"] == []


async def test_no_secret_is_in_the_ledger(stranger: Caller, platform: Platform) -> None:
    pair = (await stranger.login()).json()
    await stranger.available()
    written = json.dumps(platform.ledger())
    for secret in (pair["AccessToken"], pair["RefreshToken"], "demo-password", "MATCHING-"):
        assert secret not in written
