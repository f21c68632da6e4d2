"""Counts the purchases that wait for people, for a gauge."""

import asyncio
import logging
from typing import Final

from temporalio.client import Client
from temporalio.common import MetricMeter

from contract.progress import STUCK

WAITING: Final = "esim_purchases_waiting"
EVERY_SECONDS: Final = 15.0

logger = logging.getLogger("worker")


class WaitingPurchases:
    """A gauge of the purchases of one task queue that wait in a step that only people can end."""

    def __init__(
        self, client: Client, meter: MetricMeter, task_queue: str, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._client = client
        self._gauge = meter.create_gauge(WAITING, "Purchases that wait for people")
        self._queue = task_queue.replace("\\", "\\\\").replace("'", "\\'")
        self._every_seconds = every_seconds
        self._fails = False

    async def keep_counting(self) -> None:
        """Counts until it is cancelled. A count that fails is logged, once, and the gauge keeps what it had."""
        while True:
            try:
                await self._count()
                self._fails = False
            except Exception as error:
                if not self._fails:
                    logger.warning("The purchases that wait cannot be counted for now: %s", error)
                self._fails = True
            await asyncio.sleep(self._every_seconds)

    async def _count(self) -> None:
        for step in STUCK:
            count = await self._client.count_workflows(
                "WorkflowType = 'ProvisionEsimWorkflow' AND ExecutionStatus = 'Running' "
                f"AND TaskQueue = '{self._queue}' AND PurchaseStep = '{step}'"
            )
            self._gauge.set(count.count, {"step": step})
