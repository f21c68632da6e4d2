"""A platform that answers like a transcript: in its codes, spellings and forms, about what is true here."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from sft.client import SftClient
from sft.errors import SftError
from sft.models import LifeCycle, Reason
from sft.transcript import Recorded, Transcript, recorded
from tests.support.sft_account import PLAN, client_of
from tests.support.sft_caller import HEADERS, Caller
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving

HABITS = ["outer_one_9003", "states_joined", "other_services", "empty_dash", "ids_as_numbers", "unlimited_validity"]


async def recorded_life(path: Path, platform: Platform) -> list[Recorded]:
    async with serving(platform) as url, client_of(url, recorder=Transcript(path, ["demo", "demo-password"])) as client:
        endpoint_id = platform.endpoints[0].endpoint_id
        await attempt(client, endpoint_id)
    return list(recorded(path))


async def attempt(client: SftClient, endpoint_id: str) -> None:
    for ask in (
        lambda: client.fetch_sims(),
        lambda: client.get_endpoint_profile(endpoint_id),
        lambda: client.change_lifecycle(endpoint_id, LifeCycle.ACTIVE, Reason.SYSTEM),
        lambda: client.subscribe_addon(endpoint_id, PLAN),
        lambda: client.get_endpoint_profile(endpoint_id),
    ):
        try:
            await ask()
        except SftError:
            continue


async def answers(platform: Platform) -> list[Any]:
    endpoint_id = platform.endpoints[0].endpoint_id
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=10) as http:
        caller = Caller(http)
        await caller.login()
        said = [
            await caller.profile(endpoint_id),
            await caller.change_lifecycle(endpoint_id),
            await caller.subscribe(endpoint_id, PLAN),
            await caller.profile(endpoint_id),
        ]
    return [one.json()["Response"] for one in said]


async def test_its_answers_have_the_form_of_the_transcript_s(tmp_path: Path) -> None:
    exchanges = await recorded_life(tmp_path / "t", Platform(esims=1, habits=HABITS))
    platform = Platform(esims=1, first_endpoint=5_000_005, transcript=exchanges)
    bare, change, subscribed, profile = await answers(platform)
    assert bare["info"]["basicInfo"]["status"] == "PreActive"
    assert bare["responseParam"] == "-"
    assert (change["resultCode"], change["resultParam"]["resultCode"]) == (1, 9003)
    assert change["responseParam"] == {"previousStatus": "PreActive", "currentStatus": "Active"}
    [instance] = platform.endpoints[0].addons
    assert subscribed["info"]["promotionalPlans"]["plan"]["uniqueId"] == int(instance.unique_id)
    voice, sms, ours = profile["info"]["promotionalPlans"]["plan"]
    assert [voice["planServiceName"], sms["planServiceName"]] == ["VOICE", "SMS"]
    assert (ours["uniqueId"], ours["planExpiryDate"]) == (int(instance.unique_id), "Unlimited")


async def test_what_went_wrong_goes_wrong_again_with_the_same_call(tmp_path: Path) -> None:
    platform = Platform(esims=1)
    platform.order(
        Fault(call="GetEndPointProfile", kind="timeout_text", status=504, skip=1),
        Fault(call="fetchSIM", kind="answer_lost"),
        Fault(call="SubscribeAddon", kind="rejected", code="6605", description="Insufficient balance"),
    )
    exchanges = await recorded_life(tmp_path / "t", platform)
    again = Platform(esims=1, transcript=exchanges)
    await recorded_life(tmp_path / "again", again)
    assert [(entry.call, entry.fault) for entry in again.log] == [
        ("login", None),
        ("fetchSIM", "answer_lost"),
        ("GetEndPointProfile", None),
        ("EndPointLifeCycleChange", None),
        ("SubscribeAddon", "rejected"),
        ("GetEndPointProfile", "timeout_text"),
    ]


@pytest.mark.parametrize("written", ["2026-11-27T14:00:00", "27-11-2026 14:00:00"])
async def test_dates_have_the_transcript_s_form(written: str, tmp_path: Path) -> None:
    [*exchanges] = await recorded_life(tmp_path / "t", Platform(esims=1))
    row = exchanges[-1].answer["Response"]["info"]["promotionalPlans"]["plan"][0]  # type: ignore[index, call-overload]
    row["planStartDate"] = written  # type: ignore[index, call-overload]
    platform = Platform(esims=1, transcript=exchanges)
    platform.set_status("4000001", "Active")
    platform.add_foreign_addon("4000001", PLAN)
    platform.use("4000001", 1)
    profile = (await answers(platform))[-1]
    [told, _] = profile["info"]["promotionalPlans"]["plan"]
    assert told["planStartDate"][4 if "T" in written else 2] == "-"
