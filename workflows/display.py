"""What the Temporal Web UI shows of a subscription, and what it is found by: its current details and its status."""

from temporalio import workflow

from contract.esim import EsimDigests
from contract.memo import UNMATCHED
from contract.search_attributes import STATUS, found_by
from contract.subscription import SubscriptionStatus
from workflows.details import details_of
from workflows.state import SubscriptionState


class Display:
    """Keeps what people see in step with the state. ``doing`` is what is being done or waited for, in one sentence."""

    def __init__(self, state: SubscriptionState) -> None:
        self._state = state
        self.doing = ""

    def set_details(self, doing: str) -> None:
        """Shows what is being done from now on; nothing if that is empty."""
        self.doing = doing
        self.refresh()

    def refresh(self) -> None:
        """Shows the state as it is now."""
        workflow.set_current_details(details_of(self._state, self.doing))

    def set_status(self, status: SubscriptionStatus) -> None:
        """Changes the subscription's status, and the search attribute that it is found by where that differs."""
        self._state.subscription.status = status
        if status != "suspended":
            self._state.subscription.suspended_because = None
        if status != self._state.found_as:  # each change of a search attribute is billed
            workflow.upsert_search_attributes([STATUS.value_set(status)])
            self._state.found_as = status

    def show_unmatched(self, instances: int) -> None:
        """Says in the memo, for an audit, how many add-on instances are on the endpoint that nobody bought."""
        if bool(instances) != self._state.is_unmatched_shown:
            workflow.upsert_memo({UNMATCHED: instances or None})
            self._state.is_unmatched_shown = bool(instances)

    def set_digests(self, digests: EsimDigests) -> None:
        """Has it found by these from now on: after a change of keys they are other ones."""
        if digests != self._state.digests:
            workflow.upsert_search_attributes([key.value_set(digest) for key, digest in found_by(digests).items()])
            self._state.digests = digests
