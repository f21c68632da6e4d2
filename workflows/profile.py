"""What becomes of the eSIM's profile on a device, as SFT tells: in no order, twice, or late."""

from typing import Final

from temporalio import workflow

from contract.event import EventType
from contract.profile import EsimProfile, ProfileReport, ProfileStatus
from workflows.part import Part

EVENTS: Final[dict[ProfileStatus, EventType]] = {
    "error": "esim_error",
    "downloaded": "esim_downloaded",
    "installed": "esim_installed",
    "enabled": "esim_enabled",
    "disabled": "esim_disabled",
    "deleted": "esim_deleted",
}


class Profile(Part):
    """Shows the last of what happened, by SFT's clock. It is a hint from outside: nothing is decided by it."""

    def take(self, report: ProfileReport) -> None:
        """Takes what happened since the last that is known, and tells of each change once the eSIM is sold."""
        for change in sorted(report.changes, key=lambda change: change.order):
            # A clock or a time zone that is wrong must not keep out what comes after it.
            self._take(change.model_copy(update={"at": min(change.at, workflow.now())}))
        self._display.refresh()

    def _take(self, change: EsimProfile) -> None:
        subscription = self._state.subscription
        known = subscription.profile
        if known and change.order <= known.order:
            return
        subscription.profile = change
        if self._state.is_sold and (known is None or known.status != change.status):
            self._events.notify(EVENTS[change.status], profile=change)
