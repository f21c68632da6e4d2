import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sft.client import SftClient
from sft.errors import Unanswered
from sft.exchange import Exchange
from sft.models import LifeCycle, Reason
from sft.stand_ins import StandIns, luhn_holds
from sft.transcript import Recorded, Transcript, recorded
from tests.support.sft_account import client_of
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

ICCID = "8932042000001234562"
EID = "89033023422140000000000123456793"
SECRETS = {
    "iccid": ICCID,
    "msisdn": "32460000001",
    "imsi": "206011234567890",
    "eid": EID,
    "name": "Ororo Munroe",
    "customerEmail": "ororo@example.com",
    "accountId": "4711",
    "matchingId": "K8-1A2B-3C4D",
    "AccessToken": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvcm9ybyJ9.c2lnbmF0dXJl",
}


def form(value: str) -> str:
    return re.sub("[a-z]", "a", re.sub("[A-Z]", "A", re.sub("[0-9]", "0", value)))


def exchange(answer: object, **changes: object) -> Exchange:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    fields: dict[str, object] = {
        "call": "fetchSIM",
        "method": "GET",
        "query": {},
        "body": None,
        "seconds": 0.25,
        "status": 200,
    }
    return Exchange(**(fields | {"answer": text} | changes))  # type: ignore[arg-type]


def written(path: Path, *exchanges: Exchange) -> list[Recorded]:
    transcript = Transcript(path, secrets=["demo-user", "demo-password"])
    for one in exchanges:
        transcript(one)
    return list(recorded(path))


def test_every_secret_has_a_stand_in_of_its_form(tmp_path: Path) -> None:
    [one] = written(tmp_path / "t", exchange(SECRETS))
    assert isinstance(one.answer, dict)
    for field, value in SECRETS.items():
        stand_in = one.answer[field]
        assert isinstance(stand_in, str)
        assert stand_in != value
        assert len(stand_in) == len(value)
        if field != "AccessToken":
            assert form(stand_in) == form(value)
    raw = (tmp_path / "t").read_text()
    assert not [value for value in SECRETS.values() if value in raw]


def test_check_digits_hold_where_they_did() -> None:
    stand_ins = StandIns()
    assert luhn_holds(ICCID)
    assert int(EID) % 97 == 1
    for _ in range(20):
        stand_ins = StandIns()
        assert luhn_holds(stand_ins.of(ICCID))
        assert stand_ins.of(ICCID).startswith("89")
        assert int(stand_ins.of(EID)) % 97 == 1


def test_a_value_has_one_stand_in_wherever_and_however_it_is_written(tmp_path: Path) -> None:
    code = "LPA:1$smdp.example.com$K8-1A2B-3C4D"
    first = exchange({"endPointId": "4000001", "activationCode": {"textQrCode": code, "matchingId": "K8-1A2B-3C4D"}})
    second = exchange({"basicInfo": {"endPointId": 4000001}}, query={"endPointId": 4000001})
    told = {"Response": {"resultParam": {"resultDescription": "Endpoint 4000001 of Ororo Munroe is gone"}}}
    refused = exchange(told)
    later = exchange({"name": "Ororo Munroe"})
    one, two, three, four = written(tmp_path / "t", first, second, refused, later)
    endpoint_id = one.answer["endPointId"]  # type: ignore[call-overload, index]
    assert two.answer == {"basicInfo": {"endPointId": int(endpoint_id)}}  # type: ignore[arg-type]
    assert two.query == {"endPointId": int(endpoint_id)}  # type: ignore[arg-type]
    text, matching = one.answer["activationCode"].values()  # type: ignore[call-overload, index, union-attr]
    assert re.fullmatch(r"LPA:1\$[a-z]{4}\.[a-z]{7}\.[a-z]{3}\$[A-Z0-9-]{12}", str(text))
    assert str(text).endswith(f"${matching}")
    name = four.answer["name"]  # type: ignore[call-overload, index]
    assert f"Endpoint {endpoint_id} of {name} is gone" in json.dumps(three.answer)


def test_what_tells_nothing_about_anybody_is_kept(tmp_path: Path) -> None:
    plan = {"planId": "900000000001", "planName": "Wakanda 30Days / 30GB", "planExpiryDate": "31/12/2026 23:59:59"}
    benefit = {"name": "DATA", "actualBalance": 32212254720, "balance": "32212254720.000", "startDate": "-"}
    answer = {
        "Response": {
            "resultCode": "1",
            "resultParam": {"resultCode": 5017, "resultDescription": "API operation has Time out"},
            "responseParam": {"currentStatus": "Pre-Active", "simStatusId": 12, "rows": [], "what": None, "is": True},
            "info": {"plan": plan, "benefitInfo": {"benefit": [benefit]}, "at": "2026-11-27 14:00:00"},
        }
    }
    [one] = written(tmp_path / "t", exchange(answer, query={"simStatusId": 12, "page": 1}, retry_after=3.0))
    assert one.answer == answer
    assert one.query == {"simStatusId": 12, "page": 1}
    assert (one.seconds, one.status, one.retry_after) == (0.25, 200, 3.0)


def test_unknown_fields_are_replaced_where_they_look_like_secrets(tmp_path: Path) -> None:
    looks = {
        "x1": "call +32 460 000 001 now",
        "x2": "from 10.20.30.40",
        "x3": "mail a.b@example.org",
        "x4": 123456789012,
        "x5": "f81d4fae7dec11d0a76500a0c91e6bf6",
        "x6": "for demo-user",
        "x7": {"8932042000001234562": "a key"},
    }
    [one] = written(tmp_path / "t", exchange(looks))
    raw = json.dumps(one.answer)
    for secret in ("460 000", "10.20.30.40", "a.b@", "123456789012", "f81d4fae", "demo-user", "8932042000001234562"):
        assert secret not in raw
    assert "a key" in raw
    assert isinstance(one.answer["x4"], int)  # type: ignore[call-overload, index]


def test_what_words_quote_is_replaced_and_the_words_are_kept(tmp_path: Path) -> None:
    told = {"Response": {"resultParam": {"resultDescription": "The user's label 'Ororo' is not \"Storm\", said SFT"}}}
    [one] = written(tmp_path / "t", exchange(told), exchange({"owner": "T'Challa"}))[:1]
    raw = json.dumps(one.answer)
    assert re.search(r"The user's label '[A-Z][a-z]{4}' is not ..[A-Z][a-z]{4}.., said SFT", raw), raw
    assert "Ororo" not in raw
    assert "Challa" not in (tmp_path / "t").read_text()


def test_a_body_that_is_no_json_keeps_its_tags_and_plain_words_alone(tmp_path: Path) -> None:
    page = "<html><h1>502 Bad Gateway</h1>Hello Ororo Munroe, API operation has Time out</html>"
    [one] = written(tmp_path / "t", exchange(page, status=502))
    assert one.text is not None
    assert one.answer is None
    assert re.fullmatch(r"<html><h1>... Bad Gateway</h1>\w+ \w+ \w+, API operation has Time out</html>", one.text)
    assert "Ororo" not in one.text


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=4, max_size=40))
def test_a_stand_in_has_the_length_and_the_separators_of_any_value(value: str) -> None:
    stand_in = StandIns().of(value)
    if not value.upper().startswith("LPA:"):
        assert len(stand_in) == len(value)
    assert [c for c in stand_in if not c.isalnum()] == [c for c in value if not c.isalnum()]


async def test_a_client_s_exchanges_are_kept_with_all_that_matters_and_no_secret(
    tmp_path: Path, base_url: str, platform: Platform
) -> None:
    path = tmp_path / "transcript"
    async with client_of(base_url, recorder=Transcript(path, ["demo", "demo-password"])) as client:
        await whole_life(client, platform)
    raw = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    for endpoint in platform.endpoints[:1]:
        secrets = [endpoint.endpoint_id, endpoint.iccid, endpoint.eid, endpoint.imsi, endpoint.matching_id]
        assert endpoint.msisdn is not None
        assert not [secret for secret in [*secrets, endpoint.msisdn, "demo-password", "eyJhbGciOi"] if secret in raw]
    kept = list(recorded(path))
    assert [one.call for one in kept] == [
        *("login", "fetchSIM", "EndPointLifeCycleChange", "SubscribeAddon", "GetEndPointProfile"),
        *("endpoint", "EndPointLifeCycleChange", "EndPointLifeCycleChange"),
    ]
    assert kept[-1].failure == "Unanswered"
    assert kept[-1].status is None


async def whole_life(client: SftClient, platform: Platform) -> None:
    [sim] = await client.fetch_sims()
    assert sim.endpoint_id
    await client.change_lifecycle(sim.endpoint_id, LifeCycle.ACTIVE, Reason.SYSTEM)
    addon = await client.subscribe_addon(sim.endpoint_id, "PLAN-WAKANDA-DAILY")
    await client.get_endpoint_profile(sim.endpoint_id)
    await client.remove_addons(sim.endpoint_id, [addon.unique_id])
    await client.change_lifecycle(sim.endpoint_id, LifeCycle.SUSPENDED, Reason.SYSTEM)
    platform.order(Fault(call="EndPointLifeCycleChange", kind="answer_lost"))
    with pytest.raises(Unanswered):
        await client.change_lifecycle(sim.endpoint_id, LifeCycle.SUSPENDED, Reason.SYSTEM)


def test_what_is_no_transcript_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "transcript"
    path.write_text('{"call": "login", "method": "POST", "seconds": 1}\nnonsense\n')
    with pytest.raises(ValueError, match="transcript, line 2: is no exchange"):
        list(recorded(path))
