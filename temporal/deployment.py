"""Watches the worker deployment version that this worker runs as: logs and measures whether it gets new work."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Version
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentVersionRequest
from temporalio.client import Client
from temporalio.common import MetricGauge, MetricMeter, WorkerDeploymentVersion
from temporalio.service import RPCError

from temporal.beside import beside
from temporal.rollout_command import set_current_command

UNKNOWN_SECONDS: Final = 1.0
"""Between looks at a version that the server has not heard of yet: the first poll of a worker makes it known."""

WAITS_SECONDS: Final = 3.0
"""Between looks at a version that is not current yet: somebody is about to roll it out, and watches."""

KNOWN_SECONDS: Final = 15.0
"""Between looks at a version that is current or ramping, or was."""

WAITS: Final = (
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CREATED,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE,
)

GETS_WORK: Final = (
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
)

CURRENT: Final = "esim_worker_current"

MEANING: Final = {
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "is current: new purchases and all subscriptions come here",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "is ramping: its share of new purchases and subscriptions comes "
    "here",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "is draining: keep this worker running, purchases that began "
    "here end here",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "is drained: no purchase is left here, this worker may be stopped",
}

logger = logging.getLogger("worker")


@asynccontextmanager
async def following_version(
    client: Client, version: WorkerDeploymentVersion | None, meter: MetricMeter
) -> AsyncIterator[None]:
    """Watches this worker's version for as long as the block lasts: logs a line at each change of its status, and sets
    gauge ``esim_worker_current`` to 1 or 0, whether new work comes to it. A worker without a version counts as 1.
    """
    current = meter.create_gauge(CURRENT, "1 where new work comes to the worker's build, 0 where it does not")
    current.set(int(version is None))
    if version is None:
        yield
        return
    async with beside(_watch(client, version, current)):
        yield


async def _watch(client: Client, version: WorkerDeploymentVersion, current: MetricGauge) -> None:
    logged = None
    while True:
        status = await _status(client, version)
        if status is not None:
            current.set(int(status in GETS_WORK))
        if status is not None and status != logged:
            _log(client, version, status)
            logged = status
        await asyncio.sleep(_pause(logged))


def _pause(status: Status.ValueType | None) -> float:
    if status is None:
        return UNKNOWN_SECONDS
    return WAITS_SECONDS if status in WAITS else KNOWN_SECONDS


async def _status(client: Client, version: WorkerDeploymentVersion) -> Status.ValueType | None:
    request = DescribeWorkerDeploymentVersionRequest(
        namespace=client.namespace,
        deployment_version=Version(deployment_name=version.deployment_name, build_id=version.build_id),
    )
    try:
        answer = await client.workflow_service.describe_worker_deployment_version(request)
    except RPCError:
        return None  # unknown yet, or the server is away: the next look tells
    return answer.worker_deployment_version_info.status


def _log(client: Client, version: WorkerDeploymentVersion, status: Status.ValueType) -> None:
    name, build = version.deployment_name, version.build_id
    if status in WAITS:
        command = set_current_command(client.namespace, name, build)
        logger.warning("Build %s of %s is not current, and gets no work until you run: %s", build, name, command)
    elif status in MEANING:
        logger.info("Build %s of %s %s", build, name, MEANING[status])
