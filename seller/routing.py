"""Which workers the Temporal server gives new work to: those of the current version, or those without one."""

from datetime import UTC, datetime

from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import TaskQueueType, WorkerVersioningMode
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue, TaskQueueVersioningInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from seller.pollers import similar_queues
from temporal.rollout_command import set_current_command

Version = tuple[str, str]
"""The name of a deployment and a build id. The version of workers without one is None."""


async def why_it_waits(client: Client, task_queue: str, kind: TaskQueueType.ValueType) -> str | None:
    """Which worker is missing, and what to do, if nobody would take up what begins now; None if somebody would.

    A worker that died is listed for 5 more minutes.
    """
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=task_queue), task_queue_type=kind
    )
    queue = await client.workflow_service.describe_task_queue(request)
    polling = {_version_of_poller(poller) for poller in queue.pollers}
    wanted, versions = _version_wanted(queue.versioning_info), sorted(version for version in polling if version)
    if wanted in polling:
        return None
    if wanted is None and not versions:
        similar = await similar_queues(client, task_queue)
        return f"No worker polls task queue {task_queue}{similar}; start one with: python worker.py"
    which = f"of build {wanted[1]} of {wanted[0]}, which is current," if wanted else "without a version"
    remedy = f"No worker {which} polls task queue {task_queue}; start one"
    if versions:
        command = set_current_command(client.namespace, *versions[-1])
    elif wanted and polling:
        command = set_current_command(client.namespace, wanted[0], None)
    else:
        return remedy
    return f"{remedy}, or let those that poll have the work: {command}"


async def last_poll(client: Client, task_queue: str, version: Version) -> datetime | None:
    """When workers of that version last asked for workflows to go on with; None if none has for 5 minutes."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    pollers = (await client.workflow_service.describe_task_queue(request)).pollers
    times = [poller.last_access_time.ToDatetime(UTC) for poller in pollers if _version_of_poller(poller) == version]
    return max(times, default=None)


def _version_of_poller(poller: PollerInfo) -> Version | None:
    options = poller.deployment_options
    if options.worker_versioning_mode != WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED:
        return None
    return options.deployment_name, options.build_id


def _version_wanted(routing: TaskQueueVersioningInfo) -> Version | None:
    if routing.ramping_version_percentage == 100:
        return _version(routing.ramping_deployment_version)
    return _version(routing.current_deployment_version)


def _version(version: WorkerDeploymentVersion) -> Version | None:
    return (version.deployment_name, version.build_id) if version.build_id else None
