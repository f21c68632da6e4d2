"""Hands eSIMs to the purchases that wait for stock: one run for all purchases of a task queue, while any waits."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.stock_queue import StockQueueActivities
    from contract.stock import StockQuestion
    from workflows.policies import STOCK
    from workflows.sft_calls import call


@workflow.defn
class HandOutStockWorkflow:
    """Looks once for everybody who waits. A purchase starts it, or has it go on, when it begins to wait."""

    def __init__(self) -> None:
        self._goes_on = True

    @workflow.run
    async def run(self, question: StockQuestion) -> None:
        """Ends once nobody waits."""
        while self._goes_on:
            self._goes_on = False
            if await self._hand_out(question):
                self._goes_on = True

    async def _hand_out(self, question: StockQuestion) -> int:
        """To how many purchases. It may be weeks until there is something to hand out."""
        handing_out = asyncio.ensure_future(
            call(StockQueueActivities.hand_out_stock, question, STOCK, "Wait for eSIMs, for all purchases")
        )
        # Each purchase that begins to wait is a signal: they may fill the history while this goes on.
        await workflow.wait_condition(lambda: handing_out.done() or workflow.info().is_continue_as_new_suggested())
        if not handing_out.done():
            workflow.continue_as_new(question)
        return handing_out.result().count

    @workflow.signal
    def look_again(self) -> None:
        """A purchase has begun to wait."""
        self._goes_on = True
