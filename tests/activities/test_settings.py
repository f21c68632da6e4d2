import pytest

from activities.settings import SftSettings
from tests.support.settings import refusal


@pytest.mark.parametrize("ceiling", ["0", "inf", "nan"])
def test_a_ceiling_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, ceiling: str) -> None:
    says = rf"SFT_MAX_REQUESTS_PER_SECOND \('{ceiling}'\): Input should be"
    refusal(monkeypatch, SftSettings, {"SFT_MAX_REQUESTS_PER_SECOND": ceiling}, says)
