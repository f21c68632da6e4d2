"""Shows which task queues of the namespace have work of ours that nobody takes: a seller's whose worker polls another
one, or does not run. Nobody there could say so."""

from collections.abc import Sequence
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client
from temporalio.common import MetricMeter

from contract.task_queues import events_task_queue, looks_task_queue
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE
from temporal.polled_queues import polled_instead, polled_queues
from temporal.visibility import on_task_queue

UNATTENDED: Final = "esim_task_queue_unattended"

MOST_SELLERS: Final = 50
"""Whose queues are looked at: one question to visibility each."""

WORKFLOWS: Final = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
ACTIVITIES: Final = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY

Labels = dict[str, str]


class QueueGauges:
    """1 for each queue with a backlog that nobody polls, with ``worker`` and ``host`` of whoever polls one with a
    similar name. A worker that died counts as polling for 5 more minutes."""

    def __init__(self, client: Client, meter: MetricMeter, task_queue: str) -> None:
        self._client = client
        self._own = task_queue
        self._gauge = meter.create_gauge(UNATTENDED, "1 for a task queue with a backlog that nobody polls")
        self._shown: list[Labels] = []

    async def find(self) -> list[Labels]:
        """The labels of those queues. Raises RPCError if the server does not answer."""
        found = [queue for seller in await self._sellers() for queue in await self._unattended(seller)]
        polled = await polled_queues(self._client) if found else {}
        return [await self._labels(queue, polled) for queue in found]

    def show(self, found: Sequence[Labels]) -> None:
        """Shows what was found, here or by another worker."""
        own = {"queue": self._own, "worker": "", "host": ""}
        for labels in (own, *self._shown):
            self._gauge.set(0, labels)
        for labels in found:
            self._gauge.set(1, labels)
        self._shown = list(found)

    async def _sellers(self) -> list[str]:
        """The queues of all who have something under way in the namespace."""
        sellers = [self._own]
        while len(sellers) < MOST_SELLERS:
            others = " AND ".join(f"NOT {on_task_queue(one)}" for one in sellers)
            types = f"WorkflowType IN ('{PROVISION_TYPE}', '{SUBSCRIPTION_TYPE}')"
            query = f"ExecutionStatus = 'Running' AND {types} AND {others}"
            runs = [run async for run in self._client.list_workflows(query, limit=1)]
            if not runs:
                break
            sellers.append(runs[0].task_queue)
        return sellers

    async def _unattended(self, seller: str) -> list[str]:
        queues = [(seller, WORKFLOWS), (seller, ACTIVITIES)]
        queues += [(events_task_queue(seller), ACTIVITIES), (looks_task_queue(seller), ACTIVITIES)]
        states = [(name, await self._state(name, kind)) for name, kind in queues]
        waiting = [name for name, state in states if not state.pollers and state.stats.approximate_backlog_count]
        return list(dict.fromkeys(waiting))

    async def _labels(self, queue: str, polled: dict[str, set[str]]) -> Labels:
        instead = await polled_instead(self._client, queue, polled)
        workers = [worker for name in instead if name != self._own for worker in sorted(polled[name])]
        worker = workers[0] if workers else ""
        return {"queue": queue, "worker": worker, "host": worker.partition("@")[2]}

    async def _state(self, name: str, kind: TaskQueueType.ValueType) -> DescribeTaskQueueResponse:
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace,
            task_queue=TaskQueue(name=name),
            task_queue_type=kind,
            report_stats=True,
        )
        return await self._client.workflow_service.describe_task_queue(request)
