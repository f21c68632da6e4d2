"""Audits: what SFT lists held against the subscriptions, now or by a Schedule, and what puts right what they find."""

from datetime import timedelta
from typing import Final

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from contract.audit import AuditProgress, AuditReport, Finding, FindingKind, SuspendedUnowned, UnownedEndpoint
from contract.failure import INVALID_REQUEST
from contract.order import LifecycleOrder
from contract.workflow_ids import AUDIT_TYPE, subscription_id
from seller.errors import SellerError, failed
from seller.restoring import restore
from seller.schedules import ServerSchedule
from seller.server import Server
from seller.server_client import ServerClient
from seller.subscriptions import LifecycleChange, Subscriptions
from temporal.audit_schedule import audit_id
from temporal.newest_audit import NewestAudit

AuditRun = WorkflowHandle[object, AuditReport]

SEND_AGAIN: Final[dict[FindingKind, LifecycleChange]] = {
    "owner_without_endpoint": "resume",
    "suspended_though_active": "resume",
    "active_though_suspended": "suspend",
}
"""Kinds where SFT is told once more what the subscription says already."""

SUSPEND: Final[tuple[FindingKind, ...]] = (
    "active_without_owner",
    "active_though_closed",
    "active_though_quarantined",
)
"""Kinds where the endpoint is nobody's here, and is suspended at SFT."""


def command_of(finding: Finding) -> str:
    """The command of a terminal that puts a finding right, or that is the next thing to do about it."""
    name = subscription_id(finding.endpoint_id or "")
    suspended = f"starter.py audit --last --fix {_dashed(finding.kind)} --only {finding.endpoint_id}"
    match finding.kind:
        case "active_without_owner":
            return f"starter.py adopt FILE.csv, if it was sold; else {suspended}"
        case "active_though_closed" | "active_though_quarantined":
            return suspended
        case "unmatched":
            return "starter.py adopt FILE.csv --name-unmatched, or, with a purchase id, starter.py remove-addon"
        case "terminated":
            return f"starter.py restore {name}"
        case "never_begun" if finding.endpoint_id:
            return f"starter.py buy-addon {name} PRODUCT --purchase-id {finding.purchase_id}"
        case "never_begun":
            return f"starter.py provision PRODUCT --purchase-id {finding.purchase_id} --traveler-id TRAVELER"
        case kind:
            return f"starter.py {SEND_AGAIN[kind]} {name} --again"


def _dashed(kind: FindingKind) -> str:
    return kind.replace("_", "-")


class Audits(ServerClient):
    """Audits of the SFT account that the workers of one task queue work for.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._newest = NewestAudit(server.client, server.task_queue)
        self._id = audit_id(server.task_queue)
        self._schedule = ServerSchedule(server, self._id)

    async def start(self) -> AuditRun:
        """Begins an audit; one that somebody has begun and that goes on is the same."""
        run: AuditRun = await self._server.answers(
            self._client.start_workflow(
                AUDIT_TYPE,
                id=self._id,
                task_queue=self._server.task_queue,
                result_type=AuditReport,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary="Hold SFT's list of attached SIMs against the subscriptions",
            )
        )
        return run

    async def progress(self, run: AuditRun) -> AuditProgress:
        """How far an audit has come."""
        latest = self._client.get_workflow_handle(run.id)  # it continues as new
        return await self._server.worker_answers(run, latest.query("progress", result_type=AuditProgress))

    async def under_way(self) -> AuditProgress | None:
        """How far the one has come that somebody has begun; None if none is under way. One that the Schedule has begun
        is not told of.
        """
        run: AuditRun = self._client.get_workflow_handle(self._id, result_type=AuditReport)
        description = await self._server.description(run)
        is_running = description is not None and description.status == WorkflowExecutionStatus.RUNNING
        return await self.progress(run) if is_running else None

    async def result(self, run: AuditRun) -> AuditReport:
        """The report, once the audit is over. Raises a SellerError: what it failed with."""
        try:
            return await run.result()
        except WorkflowFailureError as failure:
            raise failed("The audit", failure.cause) from None

    async def newest(self) -> AuditReport | None:
        """The report of the newest audit that is over; None if there is none, or Temporal has forgotten it."""
        return await self._server.answers(self._newest.report())

    async def every(self, interval: timedelta) -> str:
        """Has Temporal begin an audit in this interval from now on, instead of any other; the id of the Schedule. One
        that is due while another goes on is left out.
        """
        await self._schedule.begin(AUDIT_TYPE, interval)
        return self._schedule.id

    async def never(self) -> bool:
        """Ends the Schedule. Whether there was one."""
        return await self._schedule.end()

    async def put_right(self, finding: Finding) -> str:
        """Does what puts a finding right, and says in a sentence what was done.

        Raises a SellerError: ``InvalidRequest`` where only people can; ``NotDone`` where it is left as it is, and why;
        what SFT or the subscription refused.
        """
        endpoint_id = finding.endpoint_id or ""
        if change := SEND_AGAIN.get(finding.kind):
            order = LifecycleOrder(reason="system", again=True)
            changed = await Subscriptions(self._server).change(endpoint_id, change, order)
            return f"{changed.subscription_id} is {changed.status}, and SFT was told so once more"
        if finding.kind in SUSPEND:
            return await self._suspend(endpoint_id)
        if finding.kind == "terminated":
            restored = await restore(self._server, subscription_id(endpoint_id))
            return f"{restored.workflow_id} is restored"
        raise SellerError(INVALID_REQUEST, f"{finding.kind} cannot be put right here: {command_of(finding)}")

    async def _suspend(self, endpoint_id: str) -> str:
        run = await self._server.answers(
            self._client.start_workflow(
                "SuspendUnownedWorkflow",
                UnownedEndpoint(endpoint_id=endpoint_id),
                id=f"suspend-unowned-{endpoint_id}",
                task_queue=self._server.task_queue,
                result_type=SuspendedUnowned,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"Suspend endpoint {endpoint_id}, which an audit found active and nobody's",
            )
        )
        try:
            done = await run.result()
        except WorkflowFailureError as failure:
            raise failed(f"Suspending endpoint {endpoint_id}", failure.cause) from None
        if not done.was_suspended:
            raise SellerError("NotDone", f"Endpoint {endpoint_id} is left as it is: {done.why_not}")
        return f"Endpoint {endpoint_id} is suspended at SFT"
