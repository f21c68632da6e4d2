"""Audits: one after the other while everything breaks, and one at the end, whose list has to be empty."""

import itertools
from collections.abc import Sequence
from typing import Any

from temporalio.client import Client, WorkflowHandle

from contract.audit import AuditReport, Finding
from contract.workflow_ids import AUDIT_TYPE
from tools.chaos.forces.record import Record
from tools.chaos.insist import insist

_numbers = itertools.count(1)


async def keep_auditing(client: Client, record: Record, task_queue: str) -> None:
    """Runs audits until it is cancelled: the last one goes on by itself. What they find meanwhile may be so: nothing
    has come to rest."""
    while True:
        run = await _begun(client, task_queue)
        record.happened["audits in the storm"] += 1
        await insist(run.result)


async def audited(client: Client, task_queue: str) -> Sequence[Finding]:
    """What an audit finds that begins now."""
    run = await _begun(client, task_queue)
    report: AuditReport = await insist(run.result)
    return report.findings


async def _begun(client: Client, task_queue: str) -> WorkflowHandle[Any, AuditReport]:
    name = f"audit-{task_queue}-{next(_numbers)}"
    return await insist(
        lambda: client.start_workflow(AUDIT_TYPE, id=name, task_queue=task_queue, result_type=AuditReport)
    )
