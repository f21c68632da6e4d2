"""Reads what a run knew before it was ended from outside, for whoever restores it: only a worker can replay it."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.last_state import LastStateActivities
    from contract.restoration import EndedRun
    from workflows.outcome import type_of, words_of
    from workflows.policies import REPLAY
    from workflows.sft_calls import call


@workflow.defn
class ReadLastStateWorkflow:
    """Has a worker replay the run, and returns its state."""

    @workflow.run
    async def run(self, ended: EndedRun) -> dict[str, Any]:
        """The state of the run at the end of its last workflow task, as the next one is started with.

        Raises:
            ApplicationError: ``NotReplayed`` if no worker that tried can replay it: it says why.
        """
        try:
            summary = f"Replay {ended.workflow_id}"
            return await call(LastStateActivities.read_last_state, ended, REPLAY, summary)
        except ActivityError as error:
            raise ApplicationError(words_of(error), type=type_of(error), non_retryable=True) from error
