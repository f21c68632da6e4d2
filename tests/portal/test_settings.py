from pathlib import Path

import pytest

from portal.settings import PortalServerSettings
from process.settings import SettingsProblem, read_settings
from tests.support.settings import refusal, set_environment


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORTAL_SECRET", "hunter2" * 4, "PORTAL_SECRET: has fewer than 32 characters"),
        ("PORTAL_SECRET", f"{'so made up' * 4},hunter2", "PORTAL_SECRET: has fewer than 32 characters"),
        ("PORTAL_OPERATOR_PASSWORD", "hunter2", "PORTAL_OPERATOR_PASSWORD: has fewer than 16 characters"),
        ("PORTAL_CALLBACK_SECRET", "hunter2", "PORTAL_CALLBACK_SECRET: has fewer than 16 characters"),
        ("PORTAL_CALLBACK_SECRET", "hunter2/" * 4, "PORTAL_CALLBACK_SECRET: is part of an address"),
    ],
)
def test_a_secret_that_is_no_secret_or_fits_no_address_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    problem = refusal(monkeypatch, PortalServerSettings, {"PORTAL_SECRET": "so made up" * 4, name: value}, says)
    assert "hunter2" not in problem


@pytest.mark.parametrize("contact", ["javascript:alert()", "http://shop.example", "somebody", "a:b@shop.example"])
def test_where_nobody_can_be_reached_travelers_are_not_sent(monkeypatch: pytest.MonkeyPatch, contact: str) -> None:
    variables = {"PORTAL_SECRET": "so made up" * 4, "PORTAL_CONTACT": contact}
    refusal(monkeypatch, PortalServerSettings, variables, "neither an address that begins with https:// nor an e-mail")


def test_files_that_the_shop_cannot_use_are_named_with_all_else_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text("nonsense")
    wrong = {
        "LOG_LEVEL": ("LOUD", "LOG_LEVEL ('LOUD'): Input should be"),
        "PORTAL_API_KEYS": (str(tmp_path), f"{tmp_path} cannot be read: Is a directory; see PORTAL_API_KEYS"),
        "ESIM_CATALOG": (str(catalog), f"ESIM_CATALOG ({str(catalog)!r}): The catalog {catalog} is not TOML"),
        "PORTAL_SECRET": ("short", "PORTAL_SECRET: has fewer than"),
    }
    set_environment(monkeypatch, {name: value for name, (value, _) in wrong.items()})
    with pytest.raises(SettingsProblem) as problem:
        read_settings(PortalServerSettings)
    lines = sorted(str(problem.value).splitlines())
    assert len(lines) == len(wrong)
    for line, begins in zip(lines, sorted(begins for _, begins in wrong.values()), strict=True):
        assert line.startswith(begins)
    refusal(
        monkeypatch,
        PortalServerSettings,
        {"PORTAL_API_KEYS": str(catalog), "LOG_LEVEL": "INFO", "PORTAL_SECRET": "so made up" * 4, "ESIM_CATALOG": ""},
        f"^{catalog} is not a file of portal keys; see PORTAL_API_KEYS$",
    )
    monkeypatch.setenv("PORTAL_API_KEYS", str(tmp_path / "none.json"))
    assert read_settings(PortalServerSettings).log_level == "INFO"
