"""The settings of what operators see of a process: its log, its metrics and its readiness."""

from typing import Literal

from process.settings import EnvironmentSettings, ListeningAddress
from temporal.settings import DeploymentSettings, TaskQueueSettings


class LogSettings(EnvironmentSettings):
    """What a process that is there to stay writes into its log, and how."""

    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class ObservedSettings(DeploymentSettings, TaskQueueSettings):
    """Where a worker shows its metrics and answers for its readiness, and what it is called there."""

    metrics_address: ListeningAddress | None = None
    readiness_address: ListeningAddress | None = None
