"""Rules of the check, held against answers that no habit of the simulator gives."""

import json

import pytest

from sft.exchange import Exchange
from sft_check.evidence import Evidence
from sft_check.life_rules import RULES

ICCID = "8932000000000000001"
SIM: dict[str, object] = {
    "iccid": ICCID,
    "endPointId": "4000001",
    "simStatus": "Active",
    "activationCode": {"textQrCode": "LPA:1$smdp.example.com$MATCHING-1"},
}


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("DATA", "30000000000 bytes are granted"),
        ("-", "30000000000 bytes are granted"),
        ("VOICE", "named VOICE, and not DATA"),
    ],
)
def test_a_balance_counts_only_where_it_is_one_of_data(name: str, seen: str) -> None:
    plans = {"plan": [{"planId": "900000000001", "uniqueId": "7000001"}]}
    benefit = {"name": name, "uniqueId": "7000001", "actualBalance": "30000000000", "balance": "30000000000"}
    evidence = Evidence()
    evidence(answered("SubscribeAddon", {"promotionalPlans": plans}))
    evidence(answered("GetEndPointProfile", {"promotionalPlans": plans, "benefitInfo": {"benefit": [benefit]}}))
    found = RULES["balances"](evidence)
    assert found is not None
    assert (found.verdict, found.seen) == ("does not hold" if "VOICE" in seen else "holds", seen)


@pytest.mark.parametrize(
    ("rows", "seen"),
    [
        ([SIM], None),
        ([{**SIM, "iccid": f"{ICCID}F"}], None),
        ([], "it lists no SIM with that ICCID"),
        ([{**SIM, "iccid": "8932000000000000999"}], "it lists no SIM with that ICCID"),
        ([{**SIM, "activationCode": "-"}], "it shows it without a usable activationCode.textQrCode"),
        ([{**SIM, "endPointId": "-"}], "it shows it without a usable endPointId"),
    ],
)
def test_a_sim_in_use_has_to_be_shown_with_all_that_taking_it_over_needs(
    rows: list[dict[str, object]], seen: str | None
) -> None:
    evidence = Evidence()
    evidence(listed({}, [SIM]))  # one that is in stock says nothing about those in use
    assert RULES["SIM in use"](evidence) is None
    evidence(listed({"iccid": ICCID}, rows))
    found = RULES["SIM in use"](evidence)
    assert found is not None
    assert (found.verdict, found.seen) == (("does not hold", seen) if seen else ("holds", "it shows all of it"))


def listed(query: dict[str, str | int], rows: list[dict[str, object]]) -> Exchange:
    answer = json.dumps({"Response": {"resultCode": "0", "responseParam": {"rows": rows}}})
    return Exchange(call="fetchSIM", method="GET", query=query, body=None, seconds=0.1, status=200, answer=answer)


def answered(call: str, info: dict[str, object]) -> Exchange:
    answer = json.dumps({"Response": {"resultCode": "0", "info": info}})
    return Exchange(call=call, method="POST", query={}, body=None, seconds=0.1, status=200, answer=answer)
