"""An eSIM on which nothing is left that could be used: suspended after some days, if the operator wants that.

It is told a day before and when it is done, and the next purchase has it active again.
"""

from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow

from workflows.part import Part
from workflows.state import StatusChange

WARNING: Final = timedelta(days=1)
"""How long before its suspension it is told."""


class EmptyEsim(Part):
    """Sees to an eSIM whose add-ons are all over. ``empty_since`` in the state is since when."""

    def next_look(self, due: datetime | None) -> datetime | None:
        """When usage is read next, if it has to be for its add-ons' sake at ``due``: at last when it is suspended."""
        state, days = self._state, self._state.suspend_empty_after_days
        is_in_use = due is not None or state.queue or state.subscription.unmatched
        if is_in_use or days is None or state.subscription.status != "active":
            state.empty_since, state.is_empty_told = None, False
            return due
        now = workflow.now()
        state.empty_since = state.empty_since or now
        end = state.empty_since + timedelta(days=days)
        if now >= end - WARNING and not state.is_empty_told:
            state.is_empty_told = True
            self._events.notify("subscription_suspends_soon")
        if now < end:
            return end if state.is_empty_told else end - WARNING
        state.changes.append(StatusChange(to="suspended", reason="system", by_itself=True))
        return None
