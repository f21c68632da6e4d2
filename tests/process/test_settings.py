from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from portal.settings import PortalServerSettings
from process.settings import EnvironmentSettings, SettingsProblem, read_settings
from tests.support.error_traces import told_by
from tests.support.settings import CREDENTIALS, SETTINGS, refusal, set_environment
from worker import WorkerSettings

EVERY_SECRET = {
    "SFT_PASSWORD": "hunter2-sft",
    "SMTP_URL": "smtp://shop:hunter2-smtp@mail.example.com",
    "EMAIL_FROM": "esim@shop.example",
    "PORTAL_WEBHOOK_URL": "https://shop:hunter2-hook@portal.example.com/hush",
    "PORTAL_WEBHOOK_SECRET": "whsec_" + "hunter2signs" * 3,
    "ESIM_ENCRYPTION_KEYS": "first:aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMjEyMzQ=",
}

FULL = {
    "PORTAL_SECRET": "hunter2-signs-all-of-the-cookies, hunter2-signed-all-of-the-cookies",
    "PORTAL_OPERATOR_PASSWORD": "hunter2-of-the-operators",
    "PORTAL_HTTPS": "1",
    "CODEC_SERVER_TOKENS": "anna:hunter2-hunter2-hunter2-hunter2",
    "LOG_FORMAT": "json",
    "SFT_TIMEOUT_SECONDS": "12.5",
    "SFT_BASE_URL": "https://sft.example.com/api",
    "ESIM_CATALOG": "catalog.toml",
    "ESIM_TASK_QUEUE": "esims",
    "FORWARDED_ALLOW_IPS": "10.0.0.7, 10.1.0.0/16",
    "READINESS_ADDRESS": "127.0.0.1:9464",
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


EVERY_SETTING = [(kind, name) for kind in SETTINGS.values() for name in kind.model_fields]


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n", "\n\n", "\r", "\ufeff"])
@pytest.mark.parametrize("process", SETTINGS)
def test_what_files_have_around_a_setting_is_not_part_of_it(
    monkeypatch: pytest.MonkeyPatch, process: str, end: str
) -> None:
    kind, start = SETTINGS[process], end if end == "\ufeff" else ""
    set_environment(monkeypatch, EVERY_SECRET | FULL)
    written = read_settings(kind)
    values = CREDENTIALS | EVERY_SECRET | FULL
    set_environment(monkeypatch, {name: f"{start}{value}{'' if start else end}" for name, value in values.items()})
    assert read_settings(kind) == written


def test_a_setting_that_is_nothing_but_a_line_break_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, FULL | {"PORTAL_OPERATOR_PASSWORD": "\n", "LOG_FORMAT": " \r\n"})
    settings = read_settings(PortalServerSettings)
    assert (settings.portal_operator_password, settings.log_format) == (None, "text")


def test_blanks_around_a_setting_are_dropped_and_in_a_secret_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    password = " correct horse battery staple "
    set_environment(
        monkeypatch, FULL | {"PORTAL_OPERATOR_PASSWORD": password, "ESIM_TASK_QUEUE": "\u200b esims\t\u200e"}
    )
    settings = read_settings(PortalServerSettings)
    assert settings.portal_operator_password is not None
    assert (settings.portal_operator_password.get_secret_value(), settings.esim_task_queue) == (password, "esims")


@pytest.mark.parametrize(("kind", "name"), EVERY_SETTING)
def test_a_line_break_inside_of_any_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, kind: type[EnvironmentSettings], name: str
) -> None:
    set_environment(monkeypatch, EVERY_SECRET | FULL | {name.upper(): "hunter2\nhunter3"})
    with pytest.raises(SettingsProblem) as problem:
        read_settings(kind)
    is_secret = "SecretStr" in str(kind.model_fields[name].annotation)
    shown = "" if is_secret else " ('hunter2\\nhunter3')"
    assert str(problem.value) == (
        f"{name.upper()}{shown}: has a line break in it, behind 7 characters: one line is meant"
    )


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize(("kind", "name"), EVERY_SETTING)
def test_quotation_marks_that_no_shell_took_off_are_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, kind: type[EnvironmentSettings], name: str, quote: str
) -> None:
    set_environment(monkeypatch, EVERY_SECRET | FULL | {name.upper(): f"{quote}hunter2{quote}\n"})
    with pytest.raises(SettingsProblem) as problem:
        read_settings(kind)
    [line] = [line for line in str(problem.value).splitlines() if line.startswith(name.upper())]
    assert "has quotation marks around it, which would be part of it: take them off" in line
    is_secret = "SecretStr" in str(kind.model_fields[name].annotation)
    assert (f"{name.upper()}_FILE" in line, "hunter2" in line) == (is_secret, not is_secret)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_secret_that_has_quotation_marks_may_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "password").write_bytes('"hunter2"\r\n'.encode(encoding))
    set_environment(monkeypatch, {"SFT_PASSWORD_FILE": str(tmp_path / "password")})
    monkeypatch.delenv("SFT_PASSWORD")
    assert read_settings(WorkerSettings).sft_password.get_secret_value() == '"hunter2"'


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "NaN"])
@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, name in EVERY_SETTING if "float" in str(kind.model_fields[name])]
)
def test_what_is_no_number_or_no_end_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, kind: type[EnvironmentSettings], name: str, number: str
) -> None:
    set_environment(monkeypatch, EVERY_SECRET | FULL)
    refusal(monkeypatch, kind, EVERY_SECRET | FULL | {name.upper(): number}, f"^{name.upper()} .*finite number")


def test_blanks_around_an_address_are_no_part_of_it_also_where_it_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, EVERY_SECRET | FULL)
    written = read_settings(WorkerSettings)
    padded = {name: f" {EVERY_SECRET[name]}\t" for name in ("SMTP_URL", "PORTAL_WEBHOOK_URL")}
    set_environment(monkeypatch, EVERY_SECRET | FULL | padded)
    assert read_settings(WorkerSettings) == written


def test_the_address_of_sft_ends_with_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    for more in ("?x=1", "#x", "?"):
        wrong = {"SFT_BASE_URL": f"https://sft.example.com/api{more}"}
        refusal(monkeypatch, WorkerSettings, wrong, "^SFT_BASE_URL .*has something behind its path")


def test_a_setting_that_is_no_text_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal(monkeypatch, WorkerSettings, {"SFT_PASSWORD": "h\udce4nter2"}, "^SFT_PASSWORD: is not in UTF-8$")
    refusal(monkeypatch, WorkerSettings, {"SFT_PASSWORD": "\x1b[A"}, "^SFT_PASSWORD: has a control character in it")


def secrets_of(kind: type[EnvironmentSettings]) -> list[str]:
    return [name.upper() for name, field in kind.model_fields.items() if "SecretStr" in str(field.annotation)]


MORE_SECRETS = {
    "PORTAL_CALLBACK_SECRET": "hunter2-in-the-address",
    "PORTAL_CALLBACK_JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTRlQifQ.aHVudGVyMi1odW50ZXIy",
}


@pytest.mark.parametrize("process", SETTINGS)
def test_every_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, process: str) -> None:
    kind, values = SETTINGS[process], CREDENTIALS | EVERY_SECRET | FULL | MORE_SECRETS
    set_environment(monkeypatch, values)
    written, secrets = read_settings(kind), secrets_of(kind)
    assert set(secrets) <= set(values), "a secret that is not tried here"
    for name in secrets:
        (tmp_path / name).write_text(values[name] + "\n")
        monkeypatch.delenv(name)
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    assert read_settings(kind) == written


def refused_file(monkeypatch: pytest.MonkeyPatch, file: Path, more: Mapping[str, str] = {}) -> str:
    set_environment(monkeypatch, {"SFT_PASSWORD_FILE": str(file), **more})
    if not more:
        monkeypatch.delenv("SFT_PASSWORD")
    with pytest.raises(SettingsProblem) as problem:
        read_settings(WorkerSettings)
    assert "hunter2" not in told_by(problem.value)
    return str(problem.value).replace(str(file), "FILE")


def test_a_secret_that_is_not_in_its_file_is_named_with_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    missing = "SFT_PASSWORD_FILE names FILE, which cannot be read: No such file or directory"
    assert refused_file(monkeypatch, file) == missing
    file.write_text("\n")
    assert refused_file(monkeypatch, file) == "SFT_PASSWORD_FILE names FILE, which is empty"
    file.write_bytes(b"hunter2\xff")
    assert refused_file(monkeypatch, file) == "SFT_PASSWORD_FILE names FILE, which is no text"
    file.write_text("hunter2\nhunter2\n")
    assert refused_file(monkeypatch, file).startswith("SFT_PASSWORD: has a line break in it, behind 7 characters")
    file.write_text("hunter2\n")
    both = "SFT_PASSWORD and SFT_PASSWORD_FILE are both set: which of the two is it?"
    assert refused_file(monkeypatch, file, {"SFT_PASSWORD": "hunter2"}) == both
    file.chmod(0o666)
    assert refused_file(monkeypatch, file).startswith("SFT_PASSWORD_FILE: FILE can be changed by everybody")


def test_what_is_no_secret_is_read_from_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "queue").write_text("esims")
    set_environment(monkeypatch, {"ESIM_TASK_QUEUE_FILE": str(tmp_path / "queue")})
    assert read_settings(WorkerSettings).esim_task_queue == "esim-provisioning"
