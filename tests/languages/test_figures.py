from datetime import UTC, datetime

import pytest

from languages.figures import data, day, moment, percent
from languages.language import language_of
from languages.speaking import speaking
from languages.zone import zone_of

TIME = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "amount", "share", "in_paris", "in_utc"),
    [
        ("en", "5.8 GB", "80%", "1 January 2027, 00:30 (Paris)", "31 December 2026, 23:30 UTC"),
        ("en-US", "5.8 GB", "80%", "January 1, 2027, 12:30 AM (Paris)", "December 31, 2026, 11:30 PM UTC"),
        ("de", "5,8 GB", "80 %", "1. Januar 2027, 00:30 (Paris)", "31. Dezember 2026, 23:30 UTC"),
        ("fr", "5,8 Go", "80 %", "1 janvier 2027, 00:30 (Paris)", "31 décembre 2026, 23:30 UTC"),
        ("es", "5,8 GB", "80 %", "1 de enero de 2027, 0:30 (París)", "31 de diciembre de 2026, 23:30 UTC"),
        ("pt", "5,8 GB", "80%", "1 de janeiro de 2027 00:30 (Paris)", "31 de dezembro de 2026 23:30 UTC"),
        ("ja", "5.8 GB", "80%", "2027年1月1日 0:30 (パリ)", "2026年12月31日 23:30 UTC"),
        ("ar", "5.8 غ.ب", "80%", "1 يناير 2027، 12:30 ص (باريس)", "31 ديسمبر 2026، 11:30 م UTC"),
    ],
)
def test_amounts_and_times_are_written_as_the_language_has_them_and_a_time_says_whose_it_is(
    tag: str, amount: str, share: str, in_paris: str, in_utc: str
) -> None:
    with speaking(language_of(tag), zone_of("Europe/Paris")):
        shown = [data(5_800_000_000, "decimal"), percent(0.8), moment(TIME)]
        assert day(TIME) in in_paris
    with speaking(language_of(tag)):
        shown.append(moment(TIME))
    blanks = str.maketrans(dict.fromkeys("\u00a0\u202f", " "))
    assert [text.translate(blanks).replace("\u200f", "") for text in shown] == [amount, share, in_paris, in_utc]


@pytest.mark.parametrize(
    "name", [None, "", "UTC", "Etc/GMT+3", "Europe", "Europe/Nowhere", "../../etc/passwd", "A" * 99]
)
def test_what_names_no_place_is_no_zone(name: str | None) -> None:
    assert zone_of(name) is None
