"""The connection of one command: made within seconds, or else a sentence about who is missing."""

import time
from typing import Final

from temporalio.runtime import Runtime, TelemetryConfig

from cli import BEGAN
from cli.settings import CliSettings
from process import audit
from seller.client import SellerClient
from seller.server import ANSWER_SECONDS
from temporal.client import connect

TOLD_SECONDS: Final = 4.0
"""How long after the start of this program somebody is told at the latest that nobody answers, but for the health
check. Five seconds are promised."""

LEAST_SECONDS: Final = 1.5


def keep_quiet() -> None:
    """Keeps the SDK's own log off standard output, where it writes by default. To be called before connecting."""
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))


def patience() -> float:
    """How long to wait for the next answer: less after a slow start, but never so little that nobody could answer."""
    left = BEGAN + TOLD_SECONDS - time.monotonic()
    return max(LEAST_SECONDS, min(ANSWER_SECONDS, left)) if left > 0 else ANSWER_SECONDS


async def connect_to_server(settings: CliSettings, worker_seconds: float | None = None) -> SellerClient:
    """A client of a Temporal server; raises NoTemporalServer if none answers. ``worker_seconds`` is how long the next
    answer of a worker is waited for, where that is not as long as for one of the server."""
    audit.begin("starter.py", settings.writes(audit.to_syslog), audit.account())
    client = await connect(settings.keys(), patience())
    return SellerClient(client, settings.esim_task_queue, patience=patience, worker_seconds=worker_seconds)


async def connect_to_workers(settings: CliSettings, worker_seconds: float | None = None) -> SellerClient:
    """A client of a Temporal server, once it is known that workers poll the task queue there. ``worker_seconds`` is how
    long the next answer of a worker is waited for, where that is not as long as for one of the server.

    Raises:
        NoTemporalServer: if no server answers.
        NoAnswer: if no worker polls.
    """
    seller = await connect_to_server(settings, worker_seconds)
    await seller.server.expect_workers()
    return seller
