"""The newest audit that completed on a task queue, as Temporal keeps it."""

from temporalio.client import Client

from contract.audit import AuditReport
from contract.workflow_ids import AUDIT_TYPE
from temporal.visibility import on_task_queue


class NewestAudit:
    """Reads each report once: it never changes."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._query = f"WorkflowType = '{AUDIT_TYPE}' AND {on_task_queue(task_queue)} AND ExecutionStatus = 'Completed'"
        self._run_id = ""
        self._report: AuditReport | None = None

    async def report(self) -> AuditReport | None:
        """None if there is none, or Temporal has forgotten it.

        Raises:
            Undecipherable: if it is encrypted with a key that is not here.
            RPCError: if the server does not answer, or refuses.
        """
        return await self.report_of(await self.find())

    async def find(self) -> list[str] | None:
        """Its workflow id and run id, by one request to visibility. Raises RPCError as above."""
        # Visibility lists the newest first.
        run = await anext(aiter(self._client.list_workflows(self._query, limit=1, page_size=1)), None)
        return [run.id, run.run_id] if run else None

    async def report_of(self, run: list[str] | None) -> AuditReport | None:
        """The report of a run that was found. Raises as above."""
        workflow_id, run_id = run or ("", "")
        if run_id != self._run_id:
            self._report = None
        if run_id and self._report is None:
            handle = self._client.get_workflow_handle(workflow_id, run_id=run_id, result_type=AuditReport)
            self._report = await handle.result(follow_runs=False)
            self._run_id = run_id
        return self._report
