"""Gauges that are the same on every worker, because one of them looks for all."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import MetricMeter

from observability.audits import AuditGauges
from observability.labels import labels_of
from observability.queues import QueueGauges
from observability.waiting import WaitingForPeople
from temporal.audit_schedule import AuditSchedule
from temporal.beside import beside
from temporal.newest_audit import NewestAudit
from temporal.shared_look import HOLD_SECONDS, SharedLook

EVERY_SECONDS: Final = 15.0

logger = logging.getLogger("worker")


class SharedGauges:
    """What waits for people or workers, and what the newest audit found. Any worker's will do for an alert."""

    def __init__(
        self,
        client: Client,
        meter: MetricMeter,
        task_queue: str,
        every_seconds: float = EVERY_SECONDS,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        own = meter.with_additional_attributes(labels_of(client, task_queue))
        self._waiting = WaitingForPeople(client, own, task_queue)
        self._queues = QueueGauges(client, meter, task_queue)
        self._audits = AuditGauges(NewestAudit(client, task_queue), AuditSchedule(client, task_queue), meter)
        self._shared = SharedLook(client, task_queue, self._look, hold_seconds)
        self._every_seconds = every_seconds
        self._fails = False

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Keeps them up to date for as long as the block lasts; then another worker looks, if this one did."""
        try:
            async with beside(self.keep_showing()):
                yield
        finally:
            await self._shared.leave()

    async def keep_showing(self) -> None:
        """Shows until it is cancelled. A look that fails is logged, once, and the gauges keep what they had."""
        while True:
            try:
                await self._show()
                self._fails = False
            except Exception as error:
                if not self._fails:
                    logger.warning("What waits for people cannot be counted for now: %s", error)
                self._fails = True
            await asyncio.sleep(self._every_seconds)

    async def _look(self) -> dict[str, Any]:
        return {
            "waiting": await self._waiting.count(),
            "audit": await self._audits.find(),
            "unattended": await self._queues.find(),
        }

    async def _show(self) -> None:
        if found := await self._shared.found():
            self._waiting.show(found["waiting"])
            self._queues.show(found["unattended"])
            await self._audits.show(found["audit"])
