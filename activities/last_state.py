"""The activities that read what a run knew before it was ended from outside."""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from contract.restoration import EndedRun, Restoration
from temporal.last_state import LastStates
from temporal.replay import NotReplayed
from temporal.run_before import run_before_reset


class LastStateActivities:
    """Replays runs, which takes the code of their workflows: whoever puts a worker together knows it."""

    def __init__(self, states: LastStates) -> None:
        self._states = states

    @activity.defn
    async def read_last_state(self, ended: EndedRun) -> dict[str, Any]:
        """The workflow's own state, as another run of it is started with.

        Raises:
            ApplicationError: ``NotReplayed`` if this worker cannot replay it: one of another build or with other keys
                may be able to.
        """
        try:
            return await self._states.read(ended.workflow_id, ended.run_id)
        except NotReplayed as problem:
            raise ApplicationError(str(problem), type="NotReplayed") from None

    @activity.defn
    async def read_before_reset(self, reset: EndedRun) -> dict[str, Any]:
        """The state of the run that went on when this one was made of its history by a reset, to go on from.

        Raises:
            ApplicationError: ``NotReplayed`` as above, or if the server knows no such run any more.
        """
        before = await run_before_reset(self._states.client, reset.workflow_id, reset.run_id)
        if before is None:
            raise ApplicationError(f"Temporal knows no run of {reset.workflow_id} before its reset", type="NotReplayed")
        try:
            state = await self._states.read_or_given(reset.workflow_id, before)
        except NotReplayed as problem:
            raise ApplicationError(str(problem), type="NotReplayed") from None
        return {**state, "restored": Restoration(from_run=before).model_dump()}
