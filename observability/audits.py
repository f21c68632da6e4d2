"""Shows what the newest audit found, in gauges, and when the next is due: every worker the same."""

from typing import Any, Final, get_args

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


class AuditGauges:
    """How many findings of each kind the newest audit has, and when it ended, nothing of both before there was one; and
    by when the next has to be over that a Schedule begins.
    """

    def __init__(self, newest: NewestAudit, schedule: AuditSchedule, meter: MetricMeter) -> None:
        self._newest = newest
        self._schedule = schedule
        self._findings = meter.create_gauge(FINDINGS, "What the newest audit found, by kind")
        self._ended = meter.create_gauge_float(ENDED, "When the newest audit ended, in seconds since 1970")
        self._due = meter.create_gauge_float(
            DUE, "When the next audit has to be over, in seconds since 1970; 0 without a Schedule"
        )

    async def find(self) -> dict[str, Any]:
        """Which run the newest audit was, and when the next is due. Raises what ``NewestAudit.report`` does."""
        run = await self._newest.find()
        report = await self._newest.report_of(run)
        due = await self._schedule.due(report.ended_at if report else None)
        return {"run": run, "due": due.timestamp() if due else 0.0}

    async def show(self, found: dict[str, Any]) -> None:
        """Shows what was found, here or by another worker. Raises what ``NewestAudit.report`` does."""
        self._due.set(found["due"])
        report = await self._newest.report_of(found["run"])
        if report is None:
            return
        counts: dict[str, int] = {UNCHECKED: report.unchecked, **{str(kind): n for kind, n in report.counts.items()}}
        for kind in (*KINDS, UNCHECKED):
            self._findings.set(counts.get(kind, 0), {"kind": kind})
        self._ended.set(report.ended_at.timestamp())
