"""Counts what waits for people, for gauges: purchases, and subscriptions that were ended from outside."""

from collections.abc import Mapping
from typing import Final

from temporalio.client import Client
from temporalio.common import MetricMeter

from contract.progress import STUCK
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE
from temporal.ended_outside import CONDITION, not_brought_back
from temporal.visibility import on_task_queue

WAITING: Final = "esim_purchases_waiting"
ENDED: Final = "esim_subscriptions_ended_outside"
MOST_ENDED: Final = 1000
"""Runs that were ended from outside, that are looked at: each may have been restored since."""


class WaitingForPeople:
    """Gauges of the purchases of one task queue that wait in a step that only people can end, and of its subscriptions
    that were ended from outside and that nobody has restored."""

    def __init__(self, client: Client, meter: MetricMeter, task_queue: str) -> None:
        self._client = client
        self._gauge = meter.create_gauge(WAITING, "Purchases that wait for people")
        self._ended = meter.create_gauge(ENDED, "Subscriptions that were ended from outside and wait to be restored")
        self._restored: set[str] = set()
        self._own = on_task_queue(task_queue)

    async def count(self) -> dict[str, int]:
        """How many wait: by their step, and ``ended``. Raises RPCError if the server does not answer."""
        counts = {step: await self._count(step) for step in STUCK}
        return counts | {"ended": await self._count_ended()}

    def show(self, counts: Mapping[str, int]) -> None:
        """Shows what was counted, here or by another worker."""
        for step in STUCK:
            self._gauge.set(counts.get(step, 0), {"step": step})
        self._ended.set(counts["ended"])

    async def _count(self, step: str) -> int:
        waiting = await self._client.count_workflows(
            f"WorkflowType = '{PROVISION_TYPE}' AND ExecutionStatus = 'Running' "
            f"AND {self._own} AND PurchaseStep = '{step}'"
        )
        return waiting.count

    async def _count_ended(self) -> int:
        """Only those that were not known to be restored are asked for: none, mostly."""
        query = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {CONDITION} AND {self._own}"
        ended = [run async for run in self._client.list_workflows(query, limit=MOST_ENDED)]
        asked = [run for run in ended if run.run_id not in self._restored]
        waiting = await not_brought_back(self._client, asked)
        self._restored = {run.run_id for run in ended} - {run.run_id for run in waiting}
        return len(waiting)
