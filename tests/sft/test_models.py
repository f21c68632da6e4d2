import logging
from contextlib import nullcontext
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from sft.errors import Malformed
from sft.models import EndpointProfile
from sft.reading import Answering, Reading

BALANCE = {"name": "DATA", "uniqueId": "7", "balance": 5, "actualBalance": "7"}


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


def test_of_a_row_that_cannot_be_read_the_rest_is_read_and_the_field_is_named_once_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    context = Answering("GetEndPointProfile", Reading(clock=lambda: now))
    row = {"planId": "1", "uniqueId": "7", "planStartDate": "secret", "planExpiryDate": "21/12/2026 07:59:59"}
    info = {"promotionalPlans": {"plan": [row, row]}, "benefitInfo": "secret", "basicInfo": {"status": ["secret"]}}
    for moment in (0, 3599, 3600):
        now = moment
        with caplog.at_level(logging.WARNING, "sft"):
            [plan, _] = EndpointProfile.model_validate({"info": info}, context=context).plans
        assert (plan.plan_id, plan.unique_id, plan.starts_at) == ("1", "7", None)
        assert plan.expires_at is not None
        assert len(caplog.records) == (6 if moment == 3600 else 3)
    assert {record.getMessage().partition(": cannot")[0] for record in caplog.records} == {
        "GetEndPointProfile: Response.info.promotionalPlans.plan.planStartDate",
        "GetEndPointProfile: Response.info.benefitInfo.benefit",
        "GetEndPointProfile: Response.info.basicInfo.status",
    }
    assert "secret" not in caplog.text


@pytest.mark.parametrize("rows", [None, {}, "-", {"planId": "-", "uniqueId": "-"}, [None, "?", {}, []]])
def test_rows_without_any_id_are_no_instances_and_hide_none(rows: object) -> None:
    found = profile(promotionalPlans={"plan": rows})
    assert (found.instances, found.hidden_plans) == ([], [])
    found.require_readable("1", known=())


def test_a_doubled_row_is_one_instance_and_one_tells_what_the_other_does_not() -> None:
    first, second = {"planId": 1, "uniqueId": "7", "planName": "-"}, {"planId": "1", "uniqueId": 7.0, "planName": "A"}
    [instance] = profile(promotionalPlans={"plan": [first, second]}).instances
    assert (instance.plan_id, instance.unique_id, instance.name) == ("1", "7", "A")


@pytest.mark.parametrize(
    ("row", "known", "is_readable"),
    [
        ({"planId": "1", "uniqueId": "-"}, None, False),
        ({"planId": 1, "uniqueId": {"id": 7}}, None, False),
        ({"planId": "1", "planServiceName": "DATA"}, None, False),
        ({"planId": "1", "planServiceName": "Voice"}, None, True),
        ({"planId": "2", "uniqueId": "-"}, None, True),
        ({"uniqueId": "7"}, None, True),
        ({"uniqueId": "7"}, {"7"}, True),
        ({"uniqueId": "7"}, {"8"}, False),
        ({"planId": {}, "uniqueId": "7"}, {"8"}, False),
    ],
)
def test_an_instance_of_a_plan_that_cannot_be_told_from_others_is_an_error(
    row: dict[str, object], known: set[str] | None, is_readable: bool
) -> None:
    found = profile(promotionalPlans={"plan": row})
    with nullcontext() if is_readable else pytest.raises(Malformed, match="uniqueId"):
        found.require_readable("1", known)


@pytest.mark.parametrize(
    "info", [{"benefit": [BALANCE]}, {"benefit": BALANCE}, [BALANCE], {"benefit": [None, BALANCE, "-"]}]
)
def test_balances_are_found_in_a_list_or_alone_and_among_nothing(info: object) -> None:
    found = profile(promotionalPlans="-", benefitInfo=info)
    assert [benefit.remaining_bytes for benefit in found.benefits if benefit.unique_id] == [5]


def test_dates_are_read_in_the_zone_of_the_account_and_an_end_that_comes_twice_is_the_later() -> None:
    context = Answering("GetEndPointProfile", Reading(ZoneInfo("Europe/Brussels")))
    twice = "25/10/2026 02:30:00"
    row = {"planId": "1", "uniqueId": "7", "planStartDate": twice, "planExpiryDate": twice}
    [plan] = EndpointProfile.model_validate({"info": {"promotionalPlans": {"plan": row}}}, context=context).plans
    assert plan.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert plan.expires_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
