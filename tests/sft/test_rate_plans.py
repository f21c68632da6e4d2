from typing import Any

import pytest

from sft.rate_plans import RatePlans

ROWS: list[Any] = [{"planId": f"PLAN-{number}", "accountId": 4711, "totalData": 30_000} for number in range(3)]


@pytest.mark.parametrize(
    ("answer", "may_be_cut"),
    [
        ({"rows": ROWS}, False),
        ({"rows": ROWS, "total": 3}, False),
        ({"rows": ROWS, "totalRecords": "40"}, True),
        ({"rows": ROWS, "recordCount": 4}, True),
        ({"rows": [{"planId": number} for number in range(100)]}, True),
    ],
)
def test_an_answer_that_may_be_one_page_of_many_does_not_say_what_the_account_lacks(
    answer: dict[str, Any], may_be_cut: bool
) -> None:
    plans = RatePlans.of({"Response": {"responseParam": answer}})
    assert plans.missing(["PLAN-X"]) == ["PLAN-X"]
    assert plans.may_be_cut is may_be_cut
