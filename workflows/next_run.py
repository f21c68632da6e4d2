"""When a subscription goes on as a new run, with all that it knows: Temporal limits how long a history may be."""

from typing import Final, NoReturn

from temporalio import workflow

from workflows.erasing import Erasing
from workflows.part import Part, Shared

LONG_HISTORY: Final = 10_000
"""Events after which a run continues as new although updates wait in it: Temporal ends a run at 51,200. Whoever waits
there is told so and may ask again, under the same purchase_id."""


class NextRun(Part):
    """Continues a subscription as new."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._erasing = Erasing(shared)

    @property
    def may_begin(self) -> bool:
        """Whether the next run can take over: an event that is under way would be sent twice."""
        return self.is_wanted and self._events.is_idle

    @property
    def is_wanted(self) -> bool:
        """Whether this run has become long enough."""
        info = workflow.info()
        if self._callers.are_many:  # whoever waits for a purchase cannot hold up everybody else
            return not self._state.is_ordered
        if not (self._erasing.is_wanted or info.is_continue_as_new_suggested()):
            return False
        # Temporal answers an update that is still waiting then with a failure: it is left to finish, within limits.
        return workflow.all_handlers_finished() or info.get_current_history_length() > LONG_HISTORY

    def begin(self) -> NoReturn:
        """Ends this run, and begins the next one."""
        self._purchases.keep_small()
        self._state.found_as = self._state.subscription.status  # by the search attributes that the next one begins with
        state = self._erasing.carried_on()
        workflow.continue_as_new(state, search_attributes=state.search_attributes)
