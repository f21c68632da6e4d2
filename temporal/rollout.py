"""Sends new work to a build of the worker: what ``set-current-version`` of the ``temporal`` command does, patiently.

Right after its workers have started, the server does not know a build yet, or not all task queues that they poll.
"""

import asyncio
import time
from typing import Final

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from process.settings import read_settings
from temporal.client import connect
from temporal.settings import DeploymentSettings

NOT_YET: Final = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.UNAVAILABLE)

PATIENCE_SECONDS: Final = 120.0
"""For workers to start: a container's image may have to be fetched first."""

PAUSE_SECONDS: Final = 1.0


class NotCurrent(Exception):
    """A build cannot be made current. The message says why in one sentence."""


async def roll_out() -> str:
    """Makes the build of this environment current, by the connection that it names; says so in words.

    Raises:
        NotCurrent: if no build is named, or it cannot be made current.
        SettingsProblem: if it cannot be one.
        NoTemporalServer: if there is no connection.
    """
    version = read_settings(DeploymentSettings).version()
    if version is None:
        raise NotCurrent(
            "TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID are not set: they name the build to be made current"
        )
    await make_current(await connect(None), version)
    return f"Current: build {version.build_id} of {version.deployment_name}"


async def make_current(client: Client, version: WorkerDeploymentVersion, patience: float = PATIENCE_SECONDS) -> None:
    """Sends new purchases and all subscriptions to this build, as soon as its workers poll all task queues.

    Raises:
        NotCurrent: if they do not within so many seconds, or the server refuses it for another reason.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=version.deployment_name,
        build_id=version.build_id,
        identity=client.identity,
    )
    until = time.monotonic() + patience
    while True:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            if error.status not in NOT_YET or time.monotonic() >= until:
                raise NotCurrent(_refusal(version, error)) from None
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


def _refusal(version: WorkerDeploymentVersion, error: RPCError) -> str:
    build = f"Build {version.build_id} of {version.deployment_name}"
    if error.status == RPCStatusCode.NOT_FOUND:
        return f"{build} is not known to the Temporal server: start workers of it first, in this namespace"
    return f"{build} was not made current, the Temporal server says: {error.message}"
