"""Has the stock counted every quarter of an hour, once for all workers of a task queue, and shows it as gauges."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import MetricMeter, WorkflowIDConflictPolicy

from contract.stock import Stock, StockQuestion
from contract.workflow_ids import COUNT_STOCK_TYPE, count_stock_id
from observability.labels import labels_of
from temporal.beside import beside
from temporal.data_converter import first_key
from temporal.description import description_of

AVAILABLE: Final = "esim_stock_available"
SOLD: Final = "esim_stock_sold"
LOW: Final = "esim_stock_low"
UNINSTALLABLE: Final = "esim_stock_uninstallable"
QUARANTINED: Final = "esim_stock_quarantined"

EVERY_SECONDS: Final = 900.0

logger = logging.getLogger("worker")


def counting_stock(
    client: Client, meter: MetricMeter, task_queue: str, every_seconds: float = EVERY_SECONDS
) -> AbstractAsyncContextManager[None]:
    """Has it counted beside whatever the block does. The count itself tells the portal that the stock is low."""
    return beside(StockWatch(client, meter, task_queue, every_seconds).keep_watching())


class StockWatch:
    """Gauges of the stock of one task queue, of a count that is at most so many seconds old."""

    def __init__(self, client: Client, meter: MetricMeter, task_queue: str, every_seconds: float) -> None:
        self._client = client
        self._queue = task_queue
        self._id = count_stock_id(task_queue, first_key(client.data_converter))
        meter = meter.with_additional_attributes(labels_of(client, task_queue))
        self._every = timedelta(seconds=every_seconds)
        self._available = meter.create_gauge(AVAILABLE, "eSIMs that can be sold")
        self._sold = meter.create_gauge(SOLD, "eSIMs that were sold within the last day and the last week")
        self._low = meter.create_gauge(LOW, "1 while eSIMs have to be ordered")
        self._uninstallable = meter.create_gauge(
            UNINSTALLABLE, "eSIMs that SFT lists without an activation code that a phone could install"
        )
        self._quarantined = meter.create_gauge(QUARANTINED, "eSIMs that SFT lists and that are quarantined here")
        self._fails = False

    async def keep_watching(self) -> None:
        """Counts until it is cancelled. A count that fails is logged, once, and the gauges keep what they had."""
        while True:
            try:
                self._show(await self.look())
                self._fails = False
            except Exception as error:
                if not self._fails:
                    logger.warning("The stock cannot be counted for now: %s", error.__cause__ or error)
                self._fails = True
            await asyncio.sleep(self._every.total_seconds())

    async def look(self) -> Stock:
        """What was counted lately, or is counted now."""
        return await self._young() or await self._counted()

    def _show(self, stock: Stock) -> None:
        self._available.set(stock.available)
        self._low.set(stock.is_low)
        self._uninstallable.set(stock.uninstallable)
        self._quarantined.set(stock.quarantined)
        for within, sold in (("day", stock.sold_last_day), ("week", stock.sold_last_week)):
            if sold is not None:
                self._sold.set(sold, {"within": within})

    async def _young(self) -> Stock | None:
        """What was counted for somebody else, an operator or another worker, if that is not long ago."""
        run = self._client.get_workflow_handle(self._id, result_type=Stock)
        last = await description_of(run)
        if last is None:
            return None
        is_young = last.close_time is not None and datetime.now(UTC) - last.close_time < self._every / 2
        if last.status != WorkflowExecutionStatus.COMPLETED or not is_young:
            return None
        stock: Stock = await run.result()
        return stock

    async def _counted(self) -> Stock:
        stock: Stock = await self._client.execute_workflow(
            COUNT_STOCK_TYPE,
            StockQuestion(),
            id=self._id,
            task_queue=self._queue,
            result_type=Stock,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return stock
