import pytest

from sft.plan_id import is_among, same_plan


@pytest.mark.parametrize(("one", "other"), [("PLAN-7", "plan_7"), ("0042", "42"), ("Plan 7", " PLAN-7")])
def test_one_plan_may_be_written_in_many_ways(one: str, other: str) -> None:
    assert same_plan(one, other)
    assert is_among(one, ["PLAN-8", other])


@pytest.mark.parametrize(
    ("one", "other"), [("EU-1-15GB", "EU-11-5GB"), ("42", "420"), (None, None), ("", "PLAN"), ("PLAN-7", None)]
)
def test_another_plan_is_another(one: str | None, other: str | None) -> None:
    assert not same_plan(one, other)
