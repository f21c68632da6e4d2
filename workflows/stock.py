"""Counts the eSIMs that can be sold, for a portal: it has no credentials for SFT, and the workers have."""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.stock import StockActivities
    from contract.event import Event
    from contract.stock import Stock, StockQuestion
    from workflows.outcome import not_answered, words_of
    from workflows.policies import BRISK
    from workflows.sft_calls import call
    from workflows.telling import TellPortalWorkflow


@workflow.defn
class CountStockWorkflow:
    """Asks SFT once for everybody who wants to know at the same time: they are given the same run."""

    @workflow.run
    async def run(self, question: StockQuestion) -> Stock:
        """What can be sold right now. That it is low is told to the portal, once a day.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if it does not say after a few tries.
        """
        try:
            counted = await call(StockActivities.count_stock, question, BRISK, "Count the available eSIMs")
        except ActivityError as error:
            raise not_answered(
                f"How many eSIMs are available is not known ({words_of(error)}); ask again later", error
            ) from error
        stock = Stock(**counted.model_dump(exclude={"channels", "task_queue"}))
        if stock.is_low and "portal" in counted.channels:
            await _tell(stock, counted.task_queue)
        return stock


async def _tell(stock: Stock, task_queue: str) -> None:
    """Whoever counts on the same day finds it told: that is what the id is for."""
    event_id = f"stock-low-{task_queue}-{stock.counted_at:%Y-%m-%d}"
    event = Event(event_id=event_id, type="stock_low", occurred_at=stock.counted_at, stock=stock)
    try:
        await workflow.start_child_workflow(
            TellPortalWorkflow.run,
            event,
            id=f"tell-{event_id}",
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary="Tell the portal: stock_low",
        )
    except FailureError:
        workflow.logger.debug("%s is told already", event_id)
