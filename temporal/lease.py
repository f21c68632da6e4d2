"""A run that no worker works on, and that holds a workflow id for a while: the Temporal server is the lock.

A workflow id belongs to one run at a time. The run says in its memo what it is there for, and ends by its time limit.
Each start of one is one billed action; to look at it costs none, and asks no visibility.
"""

from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import WorkflowIDConflictPolicy

from temporal.description import description_of

TASK_QUEUE: Final = "nobody-works-here"
"""Nobody polls it: the runs end before their first workflow task is due."""

SHORTEST: Final = timedelta(seconds=1)


class Lease:
    """The lease of one workflow id, ``workflow`` being what its runs are called in the Web UI."""

    def __init__(self, client: Client, workflow: str, workflow_id: str) -> None:
        self._client = client
        self._workflow = workflow
        self._id = workflow_id

    async def last(self) -> WorkflowExecutionDescription | None:
        """The run that holds it or, if none does, the last that held it; None if Temporal knows of none."""
        return await description_of(self._client.get_workflow_handle(self._id))

    async def begin(
        self, memo: dict[str, Any], seconds: float, summary: str, conflict: WorkflowIDConflictPolicy
    ) -> str | None:
        """Takes the lease for so long, and returns the id of the run that holds it.

        Raises:
            WorkflowAlreadyStartedError: if another run holds it and ``conflict`` is to fail then.
        """
        run = await self._client.start_workflow(
            self._workflow,
            id=self._id,
            task_queue=TASK_QUEUE,
            # The limit counts from the end of the delay: the run is over before anybody could be asked to work on it.
            start_delay=max(timedelta(seconds=seconds) - SHORTEST, timedelta(0)),
            run_timeout=SHORTEST,
            memo=memo,
            static_summary=summary,
            id_conflict_policy=conflict,
        )
        return run.result_run_id

    async def end(self, run_id: str | None, reason: str) -> None:
        """Gives the lease up before its time. Raises RPCError if that run does not hold it any more."""
        await self._client.get_workflow_handle(self._id, run_id=run_id).terminate(reason)


async def memo_of(run: WorkflowExecutionDescription) -> dict[str, Any]:
    """Empty where it was written under a key that is not here."""
    try:
        return dict(await run.memo())
    except Exception:  # whatever a codec raises
        return {}
