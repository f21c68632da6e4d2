"""The settings of every process of ours, and environments to read them from."""

from collections.abc import Mapping
from typing import Final

import pytest

from cli.settings import CheckSftSettings
from delivery.settings import WebhookSettings
from portal.settings import PortalServerSettings
from process.settings import EnvironmentSettings, SettingsProblem, read_settings
from temporal.encryption.settings import CodecServerSettings
from worker import WorkerSettings


class StarterSettings(CheckSftSettings, WebhookSettings):
    """What all commands of starter.py read together."""


SETTINGS: Final[Mapping[str, type[EnvironmentSettings]]] = {
    "worker": WorkerSettings,
    "shop": PortalServerSettings,
    "codec server": CodecServerSettings,
    "`starter.py`": StarterSettings,
}
"""By what the documentation calls the process."""

CREDENTIALS: Final = {"SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password"}


def set_environment(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Sets these variables and SFT's credentials, and unsets all others that configure us."""
    for name in [field.upper() for kind in SETTINGS.values() for field in kind.model_fields]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    for name, value in {**CREDENTIALS, **variables}.items():
        monkeypatch.setenv(name, value)


def refusal(
    monkeypatch: pytest.MonkeyPatch, kind: type[EnvironmentSettings], variables: Mapping[str, str], says: str
) -> str:
    """The one sentence, which says that, that this kind of settings is refused with."""
    set_environment(monkeypatch, variables)
    with pytest.raises(SettingsProblem, match=says) as problem:
        read_settings(kind)
    assert "\n" not in str(problem.value)
    return str(problem.value)
