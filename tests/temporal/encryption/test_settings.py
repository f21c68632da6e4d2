import pytest

from cli.settings import CliSettings
from temporal.encryption.settings import EncryptionSettings
from tests.support.settings import refusal
from worker import WorkerSettings


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
    monkeypatch: pytest.MonkeyPatch, kind: type[EncryptionSettings], variables: dict[str, str], says: str
) -> None:
    problem = refusal(monkeypatch, kind, variables, says)
    assert not any(secret in problem for secret in ("hunter2", "aGVsbG8"))
