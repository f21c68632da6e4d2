"""Who asks for work from a task queue; and which other queues are asked, for a name that may have been mistyped."""

import difflib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    ListWorkersRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from contract.message import Message
from contract.task_queues import events_task_queue
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE
from temporal.visibility import on_task_queue

LIKE: Final = 0.75
"""How like two names have to be, of 1: a letter or two that were mistyped, or swapped."""

SHUT_DOWN: Final = WorkerStatus.WORKER_STATUS_SHUTDOWN

MOST_WORKERS: Final = 1000
MOST_SHOWN: Final = 3


class Poller(Message):
    """A worker that asked for work within the last 5 minutes. ``identity`` is what it calls itself, a process and its
    host; ``build`` the version that it takes work for, None if it takes work without one. ``asked`` is in UTC."""

    identity: str
    build: str | None
    asked: datetime


async def pollers_of(client: Client, task_queue: str) -> list[Poller]:
    """The workers that ask this queue for workflows, the latest first."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    found = (await client.workflow_service.describe_task_queue(request)).pollers
    return sorted(map(_poller, found), key=lambda poller: poller.asked, reverse=True)


async def similar_queues(client: Client, task_queue: str) -> str:
    """A sentence about queues of a similar name that are asked and where nobody sells anything, with a space in front;
    empty if there is none, or if the server does not tell who asks. One that sells is another seller's."""
    asked = await _asked(client)
    names = {name for name in asked if not name.endswith(events_task_queue("")) and name != task_queue}
    like = difflib.get_close_matches(task_queue, names, MOST_SHOWN, LIKE)
    like = [name for name in like if not await _is_used(client, name)]
    if not like:
        return ""
    shown = "; ".join(f"{name}, by {', '.join(sorted(asked[name])[:MOST_SHOWN])}" for name in like)
    return f" (polled under a similar name: {shown}: is ESIM_TASK_QUEUE mistyped there?)"


async def _is_used(client: Client, task_queue: str) -> bool:
    """Whether there is a sale or an eSIM on a queue."""
    ours = f"WorkflowType IN ('{PROVISION_TYPE}', '{SUBSCRIPTION_TYPE}')"
    return (await client.count_workflows(f"{on_task_queue(task_queue)} AND {ours}")).count > 0


async def _asked(client: Client) -> dict[str, set[str]]:
    """Which queues workers have told the server that they ask, and who: each does within a minute of its start."""
    try:
        request = ListWorkersRequest(namespace=client.namespace, page_size=MOST_WORKERS)
        workers = (await client.workflow_service.list_workers(request)).workers_info
    except RPCError:  # an older server, or one that does not let this program ask
        return {}
    beats = [info.worker_heartbeat for info in workers if info.worker_heartbeat.status != SHUT_DOWN]
    return _by_queue((beat.task_queue, beat.worker_identity) for beat in beats)


def _by_queue(asking: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for queue, identity in asking:
        found.setdefault(queue, set()).add(identity)
    return found


def _poller(poller: PollerInfo) -> Poller:
    options = poller.deployment_options
    return Poller(
        identity=poller.identity, build=options.build_id or None, asked=poller.last_access_time.ToDatetime(UTC)
    )
