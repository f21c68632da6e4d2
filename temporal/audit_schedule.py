"""The Schedule of Temporal that begins the audits of one task queue, and by when the next of them has to be over."""

from datetime import datetime
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

GRACE: Final = 2
"""So many intervals after the last audit the next one is overdue: one is left out while another goes on."""


def audit_id(task_queue: str) -> str:
    """The id of the Schedule; that of an audit that somebody begins by hand, too."""
    return f"audit-{task_queue}"


class AuditSchedule:
    """Looks the Schedule up on the server."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._schedule = client.get_schedule_handle(audit_id(task_queue))

    async def due(self, ended: datetime | None) -> datetime | None:
        """By when the next audit has to be over, in UTC, if the newest one ended at that time; None if no Schedule
        begins any. Raises RPCError if the server does not answer, or refuses.
        """
        try:
            schedule = await self._schedule.describe()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise
        intervals = [interval.every for interval in schedule.schedule.spec.intervals]
        if not intervals:
            return None
        since = (schedule.info.created_at, schedule.info.last_updated_at, ended)
        return max(moment for moment in since if moment) + GRACE * min(intervals)
