"""The settings of every process of ours, by what the documentation calls the process."""

from collections.abc import Mapping
from typing import Final

from cli.settings import CliSettings
from portal.settings import PortalServerSettings
from process.settings import EnvironmentSettings
from temporal.encryption.settings import CodecServerSettings
from worker import WorkerSettings

SETTINGS: Final[Mapping[str, type[EnvironmentSettings]]] = {
    "worker": WorkerSettings,
    "shop": PortalServerSettings,
    "codec server": CodecServerSettings,
    "`starter.py`": CliSettings,
}
