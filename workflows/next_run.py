"""When a subscription goes on as a new run, with all that it knows.

A history is replayed whenever a worker takes up a run that it does not have in memory, and keeps what it was encrypted
with in use. So no run grows long, and one on which nothing is left to do begins anew with next to nothing.
"""

from typing import Any, Final, NoReturn

from temporalio import workflow

from workflows.erasing import Erasing
from workflows.late_effects import LateEffects
from workflows.part import Part, Shared
from workflows.state import SubscriptionState
from workflows.usage_watch import UsageWatch

FULL_HISTORY: Final = 80
"""Events after which a run continues as new once nobody waits and everything is told. What a cold wake-up costs grows
with them (docs/performance.md)."""

BUSY: Final = 2
"""How many times as long it may be where something is always left to tell, as purchases come one upon the other or a
portal is down: what is not told yet is told by the next run."""

SHORT_HISTORY: Final = 10
"""The same for one that nobody watches any more: more events than it begins with."""

LONG_HISTORY: Final = 10_000
"""Events after which a run continues as new although updates wait in it: Temporal ends a run at 51,200. Whoever waits
there is told so and may ask again, under the same purchase_id."""


class NextRun(Part):
    """Continues a subscription as new."""

    def __init__(self, shared: Shared, usage: UsageWatch, late_effects: LateEffects) -> None:
        super().__init__(shared)
        self._usage = usage
        self._late_effects = late_effects
        self._erasing = Erasing(shared)
        self._is_ordered = False
        # Here, and not in the class of the workflow: it is an operator's, and no portal's.
        workflow.set_signal_handler("renew", self._renew)

    def _renew(self, _nothing: object = None) -> None:
        self._is_ordered = True

    @property
    def may_begin(self) -> bool:
        """Whether the next run can take over: an event that is under way would be sent twice, and news be lost."""
        return self.is_wanted and self._events.is_idle and not self._usage.has_news

    @property
    def is_wanted(self) -> bool:
        """Whether this run has become long enough."""
        info = workflow.info()
        if self._callers.are_many:  # whoever waits for a purchase cannot hold up everybody else
            return not self._state.is_ordered
        # Temporal answers an update that is still waiting then with a failure: it is left to finish, within limits.
        if not (workflow.all_handlers_finished() or info.get_current_history_length() > LONG_HISTORY):
            return False
        return self._is_ordered or self._erasing.is_wanted or info.is_continue_as_new_suggested() or self._is_idle

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is under way, in a history that is long for that."""
        if self._state.is_ordered or self._state.set_aside.messages:
            return False
        is_asleep = self._usage.is_over and not self._state.queue and not self._late_effects.is_expected
        most = SHORT_HISTORY if is_asleep else FULL_HISTORY
        if not self._events.is_all_sent:
            most = BUSY * FULL_HISTORY
        return workflow.info().get_current_history_length() > most

    def begin(self) -> NoReturn:
        """Ends this run, and begins the next one."""
        self._purchases.keep_small()
        self._usage.leave_to_next_run()
        go_on_with(self._erasing.carried_on())


def go_on_with(state: SubscriptionState) -> NoReturn:
    """Ends this run, and begins the next one in this state: found by the search attributes that it begins with."""
    state.found_as = state.subscription.status
    workflow.continue_as_new(_short(state), search_attributes=state.search_attributes)


def _short(state: SubscriptionState) -> dict[str, Any]:
    """A state without what is as it is by default."""
    return {"written_by": state.written_by, **state.model_dump(mode="json", exclude_defaults=True)}
