import pytest
from pydantic import ValidationError

from sft.models import EndpointProfile


def profile(**info: object) -> EndpointProfile:
    return EndpointProfile.model_validate({"info": info})


@pytest.mark.parametrize("none", [None, "-", "", {}, {"plan": []}, {"plan": None}, {"plan": "-"}, {"plan": ""}])
def test_an_endpoint_that_shows_no_addons_has_none(none: object) -> None:
    assert profile(promotionalPlans=none).plans == []


@pytest.mark.parametrize("benefit_info", [{}, {"benefitInfo": None}, {"benefitInfo": {"benefit": []}}])
def test_an_endpoint_without_addons_may_leave_them_out(benefit_info: dict[str, object]) -> None:
    assert profile(basicInfo={"status": "Active"}, **benefit_info).plans == []


@pytest.mark.parametrize(
    ("info", "field"),
    [
        ({}, ("info", "promotionalPlans")),
        ({"basicInfo": {}, "benefitInfo": {"benefit": [{"uniqueId": "7"}]}}, ("info", "promotionalPlans")),
        ({"promotionalPlans": {"plans": []}}, ("info", "promotionalPlans")),
        ({"promotionalPlans": "none"}, ("info", "promotionalPlans")),
        ({"promotionalPlans": {"plan": 7}}, ("info", "promotionalPlans")),
    ],
)
def test_addons_that_cannot_be_counted_are_not_taken_for_none(
    info: dict[str, object], field: tuple[str | int, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        profile(**info)
    assert caught.value.errors()[0]["loc"] == field


def test_a_profile_without_balances_or_basic_info_still_shows_its_addons() -> None:
    found = profile(promotionalPlans={"plan": {"planId": 1, "uniqueId": 7}}, benefitInfo="-")
    assert [(plan.plan_id, plan.unique_id) for plan in found.plans] == [("1", "7")]
    assert (found.status, found.iccid, found.msisdn, found.benefits) == (None, None, None, [])


def test_an_error_about_an_answer_does_not_quote_it() -> None:
    with pytest.raises(ValidationError) as caught:
        profile(promotionalPlans={"plan": "LPA:1$a$secret"})
    assert "secret" not in str(caught.value)
