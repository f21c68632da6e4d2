"""Brings the record of sales up to date: started by a Temporal Schedule, once a day say."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.sales_record import SalesRecordActivities
    from contract.recording import Recorded, RecordOrder
    from workflows.policies import RECORD, RECORD_LIMIT
    from workflows.sft_calls import call


@workflow.defn
class RecordSalesWorkflow:
    """Has a worker that keeps the record add to it what is new. It has no input: none that the schedule encrypts could
    be read by runs whose ids it makes up."""

    @workflow.run
    async def run(self) -> Recorded:
        """How many entries were new."""
        summary = "Add what is new to the record of sales"
        order = RecordOrder()
        return await call(SalesRecordActivities.record_sales, order, RECORD, summary, time_limit=RECORD_LIMIT)
