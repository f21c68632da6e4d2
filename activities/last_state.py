"""The activity that reads what a run knew before it was ended from outside."""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from contract.restoration import EndedRun
from temporal.last_state import LastStates
from temporal.replay import NotReplayed


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
