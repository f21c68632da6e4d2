"""Shows what the newest audit found, in gauges: every worker the same."""

import asyncio
import logging
from typing import Final, get_args

from temporalio.common import MetricMeter

from contract.audit import FindingKind
from temporal.audit_schedule import AuditSchedule
from temporal.newest_audit import NewestAudit

FINDINGS: Final = "esim_audit_findings"
ENDED: Final = "esim_audit_ended_timestamp_seconds"
DUE: Final = "esim_audit_due_timestamp_seconds"
UNCHECKED: Final = "unchecked"
KINDS: Final = sorted({*get_args(FindingKind)} - {"never_begun"})
"""What workers find: which purchases were paid for, only a seller can say."""

EVERY_SECONDS: Final = 30.0

logger = logging.getLogger("worker")


class AuditGauges:
    """How many findings of each kind the newest audit has, and when it ended, nothing of both before there was one; and
    by when the next has to be over that a Schedule begins.
    """

    def __init__(
        self, newest: NewestAudit, schedule: AuditSchedule, meter: MetricMeter, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._newest = newest
        self._schedule = schedule
        self._findings = meter.create_gauge(FINDINGS, "What the newest audit found, by kind")
        self._ended = meter.create_gauge_float(ENDED, "When the newest audit ended, in seconds since 1970")
        self._due = meter.create_gauge_float(
            DUE, "When the next audit has to be over, in seconds since 1970; 0 without a Schedule"
        )
        self._every_seconds = every_seconds
        self._fails = False

    async def keep_showing(self) -> None:
        """Looks until it is cancelled. A look that fails is logged, once, and the gauges keep what they had."""
        while True:
            try:
                await self._show()
                self._fails = False
            except Exception as error:
                if not self._fails:
                    logger.warning("The newest audit cannot be read for now: %s", error)
                self._fails = True
            await asyncio.sleep(self._every_seconds)

    async def _show(self) -> None:
        report = await self._newest.report()
        due = await self._schedule.due(report.ended_at if report else None)
        self._due.set(due.timestamp() if due else 0)
        if report is None:
            return
        counts: dict[str, int] = {UNCHECKED: report.unchecked, **{str(kind): n for kind, n in report.counts.items()}}
        for kind in (*KINDS, UNCHECKED):
            self._findings.set(counts.get(kind, 0), {"kind": kind})
        self._ended.set(report.ended_at.timestamp())
