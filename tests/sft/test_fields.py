from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sft.fields import listed, moment, plan_list, text, whole_number

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(st.integers(min_value=0, max_value=10**22))
def test_an_id_is_the_same_text_whether_it_came_as_text_or_as_a_number(number: int) -> None:
    assert text(number) == text(str(number)) == text(f" {number}\n") == str(number)


def test_a_whole_number_with_a_decimal_point_is_an_id_too() -> None:
    assert text(4000001.0) == "4000001"


@pytest.mark.parametrize("none", [None, "", " ", "-", " - "])
def test_a_dash_means_no_value(none: object) -> None:
    assert text(none) is None
    assert moment(none) is None
    assert whole_number(none) is None


@pytest.mark.parametrize("value", [True, False, 1.5, float("nan"), float("inf"), {}, [], ["7"]])
def test_what_is_neither_text_nor_a_whole_number_is_no_id(value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        text(value)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_date_is_read_as_utc(date: datetime) -> None:
    assert moment(date.strftime("%d/%m/%Y %H:%M:%S")) == date.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026-11-21 08:00:00", "21/11/2026", "31/02/2026 00:00:00", "soon", 5])
def test_a_date_in_another_form_is_not_guessed_at(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(written)


@pytest.mark.parametrize(
    ("written", "count"), [("32212254720", 32212254720), (0, 0), ("1024.00", 1024), ("7.9", 7), (-3, -3)]
)
def test_a_balance_is_a_whole_number_of_bytes(written: object, count: int) -> None:
    assert whole_number(written) == count


@pytest.mark.parametrize("written", ["30 GB", "1e400000", "٣", "0x10", True])
def test_a_balance_that_is_no_number_is_not_guessed_at(written: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        whole_number(written)


@given(anything)
def test_no_value_makes_a_field_fail_with_anything_but_a_value_error(value: object) -> None:
    for read in (text, moment, whole_number, listed, plan_list):
        with suppress(ValueError):
            read(value)


def test_one_object_is_a_list_of_one() -> None:
    assert listed({"planId": "1"}) == [{"planId": "1"}]
    assert listed([{"planId": "1"}]) == [{"planId": "1"}]
    assert plan_list({"plan": {"planId": "1"}}) == [{"planId": "1"}]
