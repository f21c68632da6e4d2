"""Shows what the newest audit found, in gauges: every worker the same."""

from typing import Final, get_args

from temporalio.common import MetricMeter

from contract.audit import FindingKind
from temporal.newest_audit import NewestAudit

FINDINGS: Final = "esim_audit_findings"
ENDED: Final = "esim_audit_ended_timestamp_seconds"
UNCHECKED: Final = "unchecked"
KINDS: Final = sorted({*get_args(FindingKind)} - {"never_begun"})
"""What workers find: which purchases were paid for, only a seller can say."""


class AuditGauges:
    """How many findings of each kind the newest audit has, and when it ended; nothing before there was one."""

    def __init__(self, newest: NewestAudit, meter: MetricMeter) -> None:
        self._newest = newest
        self._findings = meter.create_gauge(FINDINGS, "What the newest audit found, by kind")
        self._ended = meter.create_gauge_float(ENDED, "When the newest audit ended, in seconds since 1970")

    async def find(self) -> list[str] | None:
        """Which run the newest audit was. Raises RPCError if visibility does not answer."""
        return await self._newest.find()

    async def show(self, run: list[str] | None) -> None:
        """Shows what that run found. Raises what ``NewestAudit.report`` does."""
        report = await self._newest.report_of(run)
        if report is None:
            return
        counts: dict[str, int] = {UNCHECKED: report.unchecked, **{str(kind): n for kind, n in report.counts.items()}}
        for kind in (*KINDS, UNCHECKED):
            self._findings.set(counts.get(kind, 0), {"kind": kind})
        self._ended.set(report.ended_at.timestamp())
