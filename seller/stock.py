"""How many eSIMs there are to sell: counted by a worker, because whoever sells has no credentials of SFT's."""

import asyncio
import time
from datetime import timedelta
from typing import Final

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from contract.stock import Stock, StockQuestion
from contract.workflow_ids import COUNT_STOCK_TYPE, count_stock_id
from seller.errors import SellerError, failed
from seller.server import Server
from seller.waiting import within
from temporal.data_converter import first_key

REMEMBERED_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 4.0
"""How long somebody who looks is kept waiting: the count goes on, and whoever looks again is given it."""

LONGEST: Final = timedelta(minutes=5)
"""One that no worker can read ends by itself."""


class StockCounter:
    """Asks once for all who look at the same time, and keeps the answer for a minute."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._asking: asyncio.Task[Stock] | None = None
        self._counted: tuple[float, Stock] | None = None

    async def count(self) -> Stock:
        """What SFT lists, at most a minute old.

        Raises:
            SellerError: ``NotCounted`` if that takes long; a failure of the contract if SFT does not say.
            NoAnswer: if there is no Temporal server.
        """
        if self._counted and time.monotonic() - self._counted[0] < REMEMBERED_SECONDS:
            return self._counted[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)  # who looks and goes away does not take it from the others

    async def _ask(self) -> Stock:
        run = await self._server.answers(self._started())
        try:
            stock = await within(PATIENCE_SECONDS, run.result())
            self._counted = (time.monotonic(), stock)
            return stock
        except TimeoutError:
            sentence = "No worker has counted the stock within a few seconds: either none works, or SFT takes its time"
            raise SellerError("NotCounted", sentence) from None
        except WorkflowFailureError as failure:
            raise failed("Counting the stock", failure.cause) from None

    async def _started(self) -> WorkflowHandle[object, Stock]:
        return await self._server.client.start_workflow(
            COUNT_STOCK_TYPE,
            StockQuestion(),
            id=count_stock_id(self._server.task_queue, first_key(self._server.client.data_converter)),
            execution_timeout=LONGEST,
            task_queue=self._server.task_queue,
            result_type=Stock,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
