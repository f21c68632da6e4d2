"""``python -m nexus``: answers what portals in other namespaces ask, until it is told to stop; or makes an endpoint."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Final

from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Worker

from contract.task_queues import nexus_task_queue
from nexus.endpoint import NoEndpoint, create_endpoint
from nexus.handler import TravelEsimHandler
from observability.log import CORE_LOGS, start_logging
from observability.settings import LogSettings
from process.exit import leave
from process.settings import SettingsProblem, read_settings
from process.stop import told_to_stop
from seller.client import SellerClient
from temporal.api_key import renewing_api_key
from temporal.client import NoTemporalServer, connect
from temporal.encryption.settings import EncryptionSettings
from temporal.settings import TaskQueueSettings

USAGE: Final = """usage: python -m nexus                          answer portals in other namespaces until told to stop
       python -m nexus --create-endpoint NAME    make the endpoint by which they reach this

Settings come from the environment: docs/settings.md lists them."""

PLAINTEXT: Final = (
    "NOTHING IS ENCRYPTED: whoever sees either Temporal namespace can read activation codes. Set ESIM_ENCRYPTION_KEYS "
    "as the workers have it"
)

logger = logging.getLogger("nexus")


class NexusSettings(LogSettings, TaskQueueSettings, EncryptionSettings):
    """What the service needs to know. The connection to Temporal is configured apart, by the SDK's own variables."""


def nexus_worker(client: Client, task_queue: str) -> Worker:
    """What answers the service's operations for the workers of this task queue."""
    handler = TravelEsimHandler(SellerClient(client, task_queue))
    return Worker(client, task_queue=nexus_task_queue(task_queue), nexus_service_handlers=[handler])


async def run(settings: NexusSettings) -> None:
    """Runs until SIGTERM or SIGINT, then answers what is in hand."""
    stop = told_to_stop()
    start_logging(settings.log_format, settings.log_level)
    client = await connect(settings.keys(), runtime=Runtime(telemetry=TelemetryConfig(logging=CORE_LOGS)))
    if settings.keys() is None:
        logger.warning(PLAINTEXT)
    worker = nexus_worker(client, settings.esim_task_queue)
    async with renewing_api_key(client), worker:
        logger.info("Answering portals on task queue %s", worker.task_queue)
        await stop.wait()
    logger.info("Stopped")


async def make_endpoint(name: str) -> None:
    """Makes the endpoint, and says so."""
    client, queue = await connect(None), nexus_task_queue(read_settings(TaskQueueSettings).esim_task_queue)
    is_new = await create_endpoint(client, name, queue)
    state = "is made" if is_new else "was there"
    print(f"Endpoint {name} {state}: it leads to task queue {queue} of namespace {client.namespace}")  # noqa: T201


def main(arguments: Sequence[str]) -> int:
    """Runs the service; 0 after a stop that was asked for, 1 if it could not start, 2 for arguments."""
    start_logging()
    try:
        match arguments:
            case []:
                asyncio.run(run(read_settings(NexusSettings)))
            case ["--create-endpoint", name]:
                asyncio.run(make_endpoint(name))
            case ["--help" | "-h"]:
                print(USAGE)  # noqa: T201
            case _:
                print(f"{USAGE}\n\ngot {' '.join(arguments)}", file=sys.stderr)  # noqa: T201
                return 2
    except (SettingsProblem, NoTemporalServer, NoEndpoint) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
