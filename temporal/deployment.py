"""Which version of a worker deployment this worker is, and what the Temporal server gives that version to do."""

import asyncio
import logging
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Version
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentVersionRequest
from temporalio.client import Client
from temporalio.common import MetricGauge, MetricMeter, WorkerDeploymentVersion
from temporalio.service import RPCError

UNKNOWN_SECONDS: Final = 1.0
"""Between looks at a version that the server has not heard of yet: the first poll of a worker makes it known."""

WAITS_SECONDS: Final = 3.0
"""Between looks at a version that is not current yet: somebody is about to roll it out, and watches."""

KNOWN_SECONDS: Final = 15.0

WAITS: Final = (
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CREATED,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE,
)

GETS_WORK: Final = (
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
)

CURRENT: Final = "esim_worker_current"

TOLD: Final = {
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "is current: new purchases and all subscriptions come here",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "is ramping: its share of new purchases and subscriptions comes "
    "here",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "is draining: keep this worker running, purchases that began "
    "here end here",
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "is drained: no purchase is left here, this worker may be stopped",
}

logger = logging.getLogger("worker")


def set_current_command(namespace: str, deployment_name: str, build_id: str | None) -> str:
    """What an operator types so that new work goes to a version; to workers without one if build_id is None."""
    target = ["--unversioned"] if build_id is None else ["--build-id", build_id]
    command = ["temporal", "worker", "deployment", "set-current-version", "--namespace", namespace]
    return shlex.join([*command, "--deployment-name", deployment_name, *target])


@asynccontextmanager
async def watching(client: Client, version: WorkerDeploymentVersion | None, meter: MetricMeter) -> AsyncIterator[None]:
    """Logs what becomes of this worker's version for as long as the block lasts, one line at each change, and measures
    whether new work comes to it. A worker without a version counts as one that gets work.
    """
    current = meter.create_gauge(CURRENT, "1 where new work comes to the worker's build, 0 where it does not")
    current.set(int(version is None))
    if version is None:
        yield
        return
    watch = asyncio.create_task(_watch(client, version, current))
    try:
        yield
    finally:
        watch.cancel()


async def _watch(client: Client, version: WorkerDeploymentVersion, current: MetricGauge) -> None:
    told = None
    while True:
        status = await _status(client, version)
        if status is not None:
            current.set(int(status in GETS_WORK))
        if status is not None and status != told:
            _tell(client, version, status)
            told = status
        await asyncio.sleep(_pause(told))


def _pause(told: Status.ValueType | None) -> float:
    if told is None:
        return UNKNOWN_SECONDS
    return WAITS_SECONDS if told in WAITS else KNOWN_SECONDS


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


def _tell(client: Client, version: WorkerDeploymentVersion, status: Status.ValueType) -> None:
    name, build = version.deployment_name, version.build_id
    if status in WAITS:
        command = set_current_command(client.namespace, name, build)
        logger.warning("Build %s of %s is not current, and gets no work until you run: %s", build, name, command)
    elif status in TOLD:
        logger.info("Build %s of %s %s", build, name, TOLD[status])
