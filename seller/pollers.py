"""Who asks for work from a task queue; and which other queues are asked, for a name that may have been mistyped."""

from datetime import UTC, datetime
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from contract.message import Message
from temporal.polled_queues import called_alike, has_sold, polled_instead, polled_queues

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
    """A sentence about queues of a similar name that are asked, with a space in front; empty if there is none, or if
    the server does not tell who asks. Where one of them sells, and this one never did, it is the shop that has mistyped
    it; one that sells beside this is another seller's."""
    asked = await polled_queues(client)
    names, asks = await polled_instead(client, task_queue, asked), "is ESIM_TASK_QUEUE mistyped there?"
    if not names and not await has_sold(client, task_queue):
        names, asks = called_alike(task_queue, asked), "is ESIM_TASK_QUEUE mistyped where this was bought?"
    if not names:
        return ""
    shown = "; ".join(f"{name}, by {', '.join(sorted(asked[name])[:MOST_SHOWN])}" for name in names)
    return f" (polled under a similar name: {shown}: {asks})"


def _poller(poller: PollerInfo) -> Poller:
    options = poller.deployment_options
    return Poller(
        identity=poller.identity, build=options.build_id or None, asked=poller.last_access_time.ToDatetime(UTC)
    )
