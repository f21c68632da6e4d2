"""The environment of a child process: without what the caller configured for the real thing."""

import os
from collections.abc import Mapping
from typing import Final

from tools.demo.ports import LOOPBACK

CONFIGURED: Final = (
    *("TEMPORAL_", "SFT_", "ESIM_", "SMTP_", "EMAIL_", "PORTAL_", "FORWARDED_ALLOW_IPS"),
    *("CODEC_SERVER_", "METRICS_ADDRESS", "READINESS_ADDRESS", "LOG_FORMAT", "LOG_LEVEL", "AUDIT_LOG", "OTEL_"),
)


def surroundings(variables: Mapping[str, str]) -> dict[str, str]:
    """These variables, those of the caller that do not configure us, and no proxy on the way to this machine."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(CONFIGURED)}
    alone = {"TEMPORAL_CONFIG_FILE": os.devnull, "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
    return {**inherited, **alone, **variables}
