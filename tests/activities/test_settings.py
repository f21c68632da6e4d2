from zoneinfo import ZoneInfo

import pytest

from activities.settings import SftSettings
from tests.support.settings import refusal


@pytest.mark.parametrize("ceiling", ["0", "inf", "nan"])
def test_a_ceiling_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, ceiling: str) -> None:
    says = rf"SFT_MAX_REQUESTS_PER_SECOND \('{ceiling}'\): Input should be"
    refusal(monkeypatch, SftSettings, {"SFT_MAX_REQUESTS_PER_SECOND": ceiling}, says)


@pytest.mark.parametrize("zone", ["Europe", "CET+1", "../passwd", "/etc/localtime", "Mars/Phobos"])
def test_a_time_zone_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    refusal(monkeypatch, SftSettings, {"SFT_TIME_ZONE": zone}, r"SFT_TIME_ZONE \('.*'\): is no time zone of the IANA")


def test_dates_are_utc_unless_a_zone_is_set() -> None:
    credentials = {"sft_username": "demo", "sft_password": "demo-password"}
    assert SftSettings.model_validate(credentials).time_zone() == ZoneInfo("UTC")
    assert SftSettings.model_validate(credentials | {"sft_time_zone": "Asia/Tokyo"}).time_zone() == ZoneInfo(
        "Asia/Tokyo"
    )
