import pytest
from pydantic import ValidationError

from process.settings import SettingsProblem, read_settings
from tests.support.error_traces import told_by
from tests.support.settings import set_environment
from worker import WorkerSettings

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
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    set_environment(monkeypatch, EVERY_SECRET | wrong)
    with pytest.raises(SettingsProblem) as problem:
        read_settings(WorkerSettings)
    with pytest.raises(ValidationError) as unread:
        WorkerSettings()
    for told in (told_by(problem.value), str(unread.value), repr(unread.value)):
        assert not any(secret in told for secret in ("hunter2", "hush", "aHVudGVy"))


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, EVERY_SECRET)
    settings = read_settings(WorkerSettings)
    shown = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()} {settings.keys()}"
    shown += f"{vars(settings.mailer())} {vars(settings.webhook())}"
    assert not any(secret in shown for secret in ("hunter2", "hush", "aHVudGVy"))
