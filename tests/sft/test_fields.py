from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sft.fields import listed, moment, plan_list, text, whole_number

anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(st.integers(min_value=0, max_value=10**22))
def test_an_id_is_the_same_text_whether_it_came_as_text_or_as_a_number(number: int) -> None:
    assert text(number) == text(str(number)) == text(f" {number}\n") == str(number)


def test_a_whole_number_with_a_decimal_point_is_an_id_too() -> None:
    assert text(4000001.0) == "4000001"


@pytest.mark.parametrize("none", [None, "", " ", "-", " - ", "null", "N/A", "Unlimited"])
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
    ("written", "count"),
    [("32212254720", 32212254720), (0, 0), ("1024.00", 1024), ("7.9", 7), (7.9, 7), (-3, -3), ("3.2E+10", 32 * 10**9)],
)
def test_a_balance_is_a_whole_number_of_bytes(written: object, count: int) -> None:
    assert whole_number(written) == count


@pytest.mark.parametrize(
    "written", ["30 GB", "1e400000", "٣", "0x10", True, float("nan"), float("inf"), "1,024", {}, []]
)
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


@pytest.mark.parametrize("written", [2**53, str(2**63 - 1), "9" * 40, -(2**53), 1e30, "1e99"])
def test_more_bytes_than_can_be_meant_are_no_number(written: object) -> None:
    assert whole_number(written) is None


@pytest.mark.parametrize(
    ("written", "zone", "fold", "utc"),
    [
        ("21/11/2026 09:00:00", "Europe/Brussels", 0, "2026-11-21T08:00:00+00:00"),
        ("21/07/2026 09:00:00", "Europe/Brussels", 0, "2026-07-21T07:00:00+00:00"),
        ("21/07/2026 09:00:00", "America/Los_Angeles", 0, "2026-07-21T16:00:00+00:00"),
        ("29/03/2026 02:30:00", "Europe/Brussels", 0, "2026-03-29T01:30:00+00:00"),
        ("25/10/2026 02:30:00", "Europe/Brussels", 0, "2026-10-25T00:30:00+00:00"),
        ("25/10/2026 02:30:00", "Europe/Brussels", 1, "2026-10-25T01:30:00+00:00"),
        ("31/12/9999 23:59:59", "America/Los_Angeles", 0, "9999-12-31T23:59:59+00:00"),
        ("01/01/0001 00:00:00", "Asia/Tokyo", 0, "0001-01-01T00:00:00+00:00"),
    ],
    ids=["winter", "summer", "behind", "skipped hour", "first of two", "second of two", "the last year", "the first"],
)
def test_a_date_is_read_in_its_zone(written: str, zone: str, fold: int, utc: str) -> None:
    read = moment(written, ZoneInfo(zone), fold=fold)
    assert read is not None
    assert read.isoformat() == utc


@settings(deadline=None)  # the first look into a zone reads a file
@given(
    st.datetimes(min_value=datetime(1, 1, 1)), st.sampled_from(sorted(available_timezones())), st.sampled_from([0, 1])
)
def test_no_date_in_no_zone_is_an_error(date: datetime, zone: str, fold: int) -> None:
    assert moment(f"{date:%d/%m}/{date.year:04} {date:%H:%M:%S}", ZoneInfo(zone), fold=fold) is not None
