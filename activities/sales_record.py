"""The activity that brings the record of sales up to date, on a worker that keeps one."""

from collections.abc import Sequence
from typing import Final

from temporalio import activity
from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.exceptions import ApplicationError

from contract.recording import Recorded, RecordOrder
from contract.sale_entry import SaleEntry
from process.sales_record import RecordProblem, SalesRecord
from temporal.sale_entries import SaleEntries

RECORDED: Final = "esim_sales_recorded"


def count_recorded(meter: MetricMeter, record: SalesRecord) -> None:
    """Shows Prometheus when the record was last brought up to date, in seconds since 1970; 0 if never."""
    gauge = meter.create_gauge_float(RECORDED, "When the record of sales was last brought up to date")
    gauge.set(record.updated_at())


class SalesRecordActivities:
    """Adds to the file that ESIM_SALES_RECORD names for this worker; None where it names none."""

    def __init__(self, client: Client, task_queue: str, record: SalesRecord | None) -> None:
        self._client = client
        self._task_queue = task_queue
        self._record = record

    @activity.defn
    async def record_sales(self, _order: RecordOrder) -> Recorded:
        """Adds what is new in all that Temporal knows. What it added before it broke off stays, and is not added again.

        Raises:
            ApplicationError: ``NoRecord`` if this worker keeps none, or cannot: another may.
        """
        if self._record is None:
            raise ApplicationError("ESIM_SALES_RECORD is not set for this worker: another may have it", type="NoRecord")
        added = 0
        try:
            with self._record.adding() as add:

                def take(entries: Sequence[SaleEntry]) -> None:
                    nonlocal added
                    added += add(entries)

                reader = SaleEntries(self._client, self._task_queue, take)
                await reader.read()
        except RecordProblem as problem:
            raise ApplicationError(str(problem), type="NoRecord") from None
        for run in reader.unread:
            activity.logger.warning("not in the record of sales: %s (%s)", run.workflow_id, run.reason)
        count_recorded(activity.metric_meter(), self._record)
        return Recorded(added=added, unread=[run.workflow_id for run in reader.unread])
