import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from cli.settings import CliSettings
from portal.settings import PortalServerSettings
from process.settings import SettingsProblem, read_settings
from temporal.encryption.settings import EncryptionSettings
from tests.support.error_traces import told_by
from worker import WorkerSettings

URL = "https://shop:hunter2@portal.example.com/hush"
SECRET = "correct horse battery staple"
MAIL = {"SMTP_URL": "smtp://127.0.0.1:1025", "EMAIL_FROM": "esim@shop.example"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SFT_USERNAME", "demo")
    monkeypatch.setenv("SFT_PASSWORD", "demo-password")
    for name in (
        "ESIM_ENCRYPTION_KEYS",
        "ESIM_REQUIRE_ENCRYPTION",
        "SMTP_URL",
        "EMAIL_FROM",
        "PORTAL_WEBHOOK_URL",
        "PORTAL_WEBHOOK_SECRET",
        "TEMPORAL_DEPLOYMENT_NAME",
        "TEMPORAL_WORKER_BUILD_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def refused(
    environment: pytest.MonkeyPatch, kind: type[EncryptionSettings], variables: dict[str, str], says: str
) -> str:
    """The sentence that this kind of settings is refused with."""
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(SettingsProblem, match=says) as problem:
        read_settings(kind)
    assert "\n" not in str(problem.value)
    return str(problem.value)


@pytest.mark.parametrize(
    ("variables", "channels"),
    [
        ({}, []),
        ({"PORTAL_WEBHOOK_URL": "", "PORTAL_WEBHOOK_SECRET": ""}, []),
        ({"PORTAL_WEBHOOK_URL": URL, "PORTAL_WEBHOOK_SECRET": SECRET}, ["portal"]),
        (MAIL, ["email"]),
        (MAIL | {"PORTAL_WEBHOOK_URL": URL, "PORTAL_WEBHOOK_SECRET": SECRET}, ["portal", "email"]),
    ],
)
def test_what_is_configured_is_a_channel(
    environment: pytest.MonkeyPatch, variables: dict[str, str], channels: list[str]
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    settings = read_settings(WorkerSettings)
    assert settings.channels() == channels
    assert (settings.webhook() is not None) == ("portal" in channels)
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PORTAL_WEBHOOK_URL": URL}, "PORTAL_WEBHOOK_SECRET is not set"),
        ({"PORTAL_WEBHOOK_SECRET": SECRET}, "PORTAL_WEBHOOK_URL is not set"),
        ({"PORTAL_WEBHOOK_URL": URL, "PORTAL_WEBHOOK_SECRET": "horse"}, "the secret has less than 16 characters"),
        ({"PORTAL_WEBHOOK_URL": "hunter2", "PORTAL_WEBHOOK_SECRET": SECRET}, "the URL is not of the form"),
    ],
)
def test_half_a_webhook_is_refused_in_one_sentence_without_its_secrets(
    environment: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    problem = refused(environment, WorkerSettings, variables, says)
    assert not any(secret in problem for secret in ("hunter2", "horse", "hush"))


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
    environment: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    problem = refused(environment, PortalServerSettings, {"PORTAL_SECRET": "so made up" * 4, name: value}, says)
    assert "hunter2" not in problem


@pytest.mark.parametrize("contact", ["javascript:alert()", "http://shop.example", "somebody", "a:b@shop.example"])
def test_where_nobody_can_be_reached_travelers_are_not_sent(environment: pytest.MonkeyPatch, contact: str) -> None:
    variables = {"PORTAL_SECRET": "so made up" * 4, "PORTAL_CONTACT": contact}
    refused(environment, PortalServerSettings, variables, "neither an address that begins with https:// nor an e-mail")


def test_files_that_the_shop_cannot_use_are_named_with_all_else_that_is_wrong(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text("nonsense")
    wrong = {
        "LOG_LEVEL": ("LOUD", "LOG_LEVEL ('LOUD'): Input should be"),
        "PORTAL_API_KEYS": (str(tmp_path), f"{tmp_path} cannot be read: Is a directory; see PORTAL_API_KEYS"),
        "ESIM_CATALOG": (str(catalog), f"ESIM_CATALOG ({str(catalog)!r}): The catalog {catalog} is not TOML"),
        "PORTAL_SECRET": ("short", "PORTAL_SECRET: has fewer than"),
    }
    for name, (value, _) in wrong.items():
        environment.setenv(name, value)
    with pytest.raises(SettingsProblem) as problem:
        read_settings(PortalServerSettings)
    lines = sorted(str(problem.value).splitlines())
    assert len(lines) == len(wrong)
    for line, begins in zip(lines, sorted(begins for _, begins in wrong.values()), strict=True):
        assert line.startswith(begins)
    environment.setenv("PORTAL_API_KEYS", str(catalog))
    refused(
        environment,
        PortalServerSettings,
        {"LOG_LEVEL": "INFO", "PORTAL_SECRET": "so made up" * 4, "ESIM_CATALOG": ""},
        f"^{catalog} is not a file of portal keys; see PORTAL_API_KEYS$",
    )
    environment.setenv("PORTAL_API_KEYS", str(tmp_path / "none.json"))
    assert read_settings(PortalServerSettings).log_level == "INFO"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ESIM_REQUIRE_ENCRYPTION": "1"}, "ESIM_ENCRYPTION_KEYS is not set, and ESIM_REQUIRE_ENCRYPTION demands it"),
        (
            {"ESIM_ENCRYPTION_KEYS": "k1:aGVsbG8gaHVudGVyMg=="},
            r"ESIM_ENCRYPTION_KEYS cannot be used: key 1 \('k1'\) has",
        ),
        ({"ESIM_ENCRYPTION_KEYS": "hunter2"}, "key 1 is not of the form"),
    ],
)
@pytest.mark.parametrize("kind", [WorkerSettings, CliSettings])
def test_without_keys_that_can_be_used_nothing_starts_and_no_key_is_shown(
    environment: pytest.MonkeyPatch, kind: type[EncryptionSettings], variables: dict[str, str], says: str
) -> None:
    problem = refused(environment, kind, variables, says)
    assert not any(secret in problem for secret in ("hunter2", "aGVsbG8"))


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TEMPORAL_DEPLOYMENT_NAME": "esim"}, "TEMPORAL_WORKER_BUILD_ID is not set"),
        ({"TEMPORAL_WORKER_BUILD_ID": "1.7"}, "TEMPORAL_DEPLOYMENT_NAME is not set"),
        (
            {"TEMPORAL_DEPLOYMENT_NAME": "e.sim", "TEMPORAL_WORKER_BUILD_ID": "1.7"},
            r"TEMPORAL_DEPLOYMENT_NAME \('e.sim",
        ),
        ({"TEMPORAL_DEPLOYMENT_NAME": "esim", "TEMPORAL_WORKER_BUILD_ID": "__7"}, r"TEMPORAL_WORKER_BUILD_ID \('__7"),
    ],
)
def test_a_version_that_the_server_would_not_take_is_refused(
    environment: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    refused(environment, WorkerSettings, variables, says)


@pytest.mark.parametrize("ceiling", ["0", "inf", "nan"])
def test_a_ceiling_that_is_none_is_refused(environment: pytest.MonkeyPatch, ceiling: str) -> None:
    environment.setenv("SFT_MAX_REQUESTS_PER_SECOND", ceiling)
    with pytest.raises(SettingsProblem, match=rf"SFT_MAX_REQUESTS_PER_SECOND \('{ceiling}'\): Input should be"):
        read_settings(WorkerSettings)


def test_reading_the_settings_loads_neither_mail_nor_http() -> None:
    program = (
        "import sys; from cli.settings import CliSettings; from process.settings import read_settings; "
        "read_settings(CliSettings); assert not {'aiosmtplib', 'cryptography', 'httpx', 'qrcode'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


EVERY_SECRET = {
    "SFT_PASSWORD": "hunter2-sft",
    "SMTP_URL": "smtp://shop:hunter2-smtp@mail.example.com",
    "EMAIL_FROM": "esim@shop.example",
    "PORTAL_WEBHOOK_URL": "https://shop:hunter2-hook@portal.example.com/hush",
    "PORTAL_WEBHOOK_SECRET": "hunter2-signs-all-of-them",
    "ESIM_ENCRYPTION_KEYS": "first:aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ=",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"SFT_TIMEOUT_SECONDS": "soon"},
        {"SMTP_URL": "smtp://shop:hunter2/smtp@mail.example.com"},
        {"PORTAL_WEBHOOK_URL": "https://shop:1#hunter2@portal.example.com/hush"},
        {"PORTAL_WEBHOOK_SECRET": "hunter2"},
        {"ESIM_ENCRYPTION_KEYS": "first:hunter2"},
        {"SFT_BASE_URL": "https://shop:hunter2@sft.example.com/api"},
        {"SFT_BASE_URL": "https://shop:hunter2@sft.example.com:port/api"},
    ],
)
def test_no_problem_with_the_settings_shows_a_secret_however_closely_one_looks(
    environment: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    for name, value in (EVERY_SECRET | wrong).items():
        environment.setenv(name, value)
    with pytest.raises(SettingsProblem) as problem:
        read_settings(WorkerSettings)
    with pytest.raises(ValidationError) as unread:
        WorkerSettings()
    for told in (told_by(problem.value), str(unread.value), repr(unread.value)):
        assert not any(secret in told for secret in ("hunter2", "hush", "aHVudGVy"))


def test_settings_show_no_secret(environment: pytest.MonkeyPatch) -> None:
    for name, value in EVERY_SECRET.items():
        environment.setenv(name, value)
    settings = read_settings(WorkerSettings)
    shown = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()} {settings.keys()}"
    shown += f"{vars(settings.mailer())} {vars(settings.webhook())}"
    assert not any(secret in shown for secret in ("hunter2", "hush", "aHVudGVy"))
