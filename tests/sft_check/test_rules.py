"""Rules of the check, held against answers that no habit of the simulator gives."""

import json

import pytest

from sft.exchange import Exchange
from sft_check.evidence import Evidence
from sft_check.life_rules import RULES


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


def answered(call: str, info: dict[str, object]) -> Exchange:
    answer = json.dumps({"Response": {"resultCode": "0", "info": info}})
    return Exchange(call=call, method="POST", query={}, body=None, seconds=0.1, status=200, answer=answer)
