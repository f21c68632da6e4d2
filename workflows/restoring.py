"""A subscription that was ended from outside and is brought back: what was under way then counts as unanswered.

Its first state is the last one of the run that was ended (temporal/last_state.py), so that nothing is bought twice.
"""

from temporalio import workflow

from activities.messages import EndpointLook
from sft.states import ACTIVE, SUSPENDED, is_state
from workflows.addon_queue import AddonQueue
from workflows.late_effects import LateEffects, status_at_sft
from workflows.owner import UNKNOWN
from workflows.part import Part, Shared
from workflows.state import LifecycleWatch


class Restoring(Part):
    """Takes up what an earlier run left behind, and says what it found. In all other runs it does nothing."""

    def __init__(self, shared: Shared, late_effects: LateEffects, queue: AddonQueue) -> None:
        super().__init__(shared)
        self._late_effects = late_effects
        self._queue = queue

    def begin(self) -> None:
        """Before anything is done: what the earlier run had sent may still be done, whatever happens from here on."""
        state, now = self._state, workflow.now()
        if state.restored is None or state.restored.is_checked:
            return
        state.next_look = now
        if state.given_back is not None:  # cleaned up from the beginning: it watches anew what was in doubt
            state.addon_watches, state.lifecycle_watch, state.next_look = [], None, None
        if state.owner is not None:
            state.restored.is_checked = True
            state.restored.found = ["It was not sold: what its purchase did is cleaned up, or its sale taken over."]
            return
        self._late_effects.expect_addons([doubt.model_copy(deep=True) for doubt in state.under_way])
        to = sorted([ACTIVE, SUSPENDED])
        state.lifecycle_watch = LifecycleWatch(requests=UNKNOWN, to=to, since=now, due=now)
        self._endpoint.is_unsettled = True

    async def check(self) -> None:
        """Looks what is at SFT, and settles what was under way, before anything else is done with the endpoint."""
        restored = self._state.restored
        if restored is None or restored.is_checked:
            return
        self._display.set_details("Restored after it was ended from outside: looking what is at SFT.")
        look = await self._endpoint.look(f"Look at endpoint {self._endpoint.endpoint_id}: its subscription is restored")
        restored.found = [self._status_found(look), *self._addons_found(look)]
        for doubt in self._state.under_way:
            restored.found.append(await self._queue.settle(doubt))
        self._state.under_way = []
        restored.is_checked = True
        workflow.logger.warning("restored from run %s: %s", restored.from_run, " ".join(restored.found))
        self._display.set_details("")

    def _status_found(self, look: EndpointLook) -> str:
        wanted, there = status_at_sft(self._state.subscription.status), f"The endpoint is {look.status} at SFT"
        if not is_state(look.status, wanted):
            return f"{there}, and has to be {wanted}: that is put right."
        if watch := self._state.lifecycle_watch:
            watch.looked(workflow.now(), self._endpoint.settle)
        return f"{there}, as it has to be."

    def _addons_found(self, look: EndpointLook) -> list[str]:
        there, accounted = look.unique_ids, set(self._purchases.accounted())
        bought = [addon for addon in self._purchases.provisioned() if not self._purchases.track(addon).gone]
        gone = [addon.purchase_id for addon in bought if addon.unique_id not in there]
        found = [f"The add-on of purchase {purchase_id} is not on it any more." for purchase_id in gone]
        if strange := sorted(there - accounted):
            found.append(f"On it that no purchase accounts for so far: {', '.join(strange)}.")
        if self._state.changes:
            found.append(f"Orders that are carried out now: {len(self._state.changes)}.")
        if self._state.queue:
            found.append(f"Purchases that were not provisioned yet, and will be: {', '.join(self._state.queue)}.")
        return found
