"""Counts what waits for people, for gauges: purchases, and subscriptions that were ended from outside."""

import asyncio
import logging
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
EVERY_SECONDS: Final = 15.0

logger = logging.getLogger("worker")


class WaitingForPeople:
    """Gauges of the purchases of one task queue that wait in a step that only people can end, and of its subscriptions
    that were ended from outside and that nobody has restored."""

    def __init__(
        self, client: Client, meter: MetricMeter, task_queue: str, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._client = client
        self._gauge = meter.create_gauge(WAITING, "Purchases that wait for people")
        self._ended = meter.create_gauge(ENDED, "Subscriptions that were ended from outside and wait to be restored")
        self._restored: set[str] = set()
        self._own = on_task_queue(task_queue)
        self._every_seconds = every_seconds
        self._fails = False

    async def keep_counting(self) -> None:
        """Counts until it is cancelled. A count that fails is logged, once, and the gauge keeps what it had."""
        while True:
            try:
                await self._count()
                await self._count_ended()
                self._fails = False
            except Exception as error:
                if not self._fails:
                    logger.warning("What waits for people cannot be counted for now: %s", error)
                self._fails = True
            await asyncio.sleep(self._every_seconds)

    async def _count(self) -> None:
        for step in STUCK:
            count = await self._client.count_workflows(
                f"WorkflowType = '{PROVISION_TYPE}' AND ExecutionStatus = 'Running' "
                f"AND {self._own} AND PurchaseStep = '{step}'"
            )
            self._gauge.set(count.count, {"step": step})

    async def _count_ended(self) -> None:
        """Only those that were not known to be restored are asked for: none, mostly."""
        query = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {CONDITION} AND {self._own}"
        ended = [run async for run in self._client.list_workflows(query, limit=MOST_ENDED)]
        asked = [run for run in ended if run.run_id not in self._restored]
        waiting = await not_brought_back(self._client, asked)
        self._restored = {run.run_id for run in ended} - {run.run_id for run in waiting}
        self._ended.set(len(waiting))
