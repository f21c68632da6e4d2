"""A subscription whose run was reset: it goes on from what the run before knew, and does nothing of that once more."""

from typing import Final, NoReturn

from temporalio import workflow

from activities.last_state import LastStateActivities
from contract.purchase import AddonPurchase
from contract.restoration import EndedRun
from workflows.next_run import go_on_with
from workflows.part import Part
from workflows.policies import PATIENT
from workflows.purchases import Purchases
from workflows.sft_calls import call
from workflows.state import SubscriptionState

DOING: Final = "This run was reset, which undoes nothing: it goes on from where the run before stood."


class AfterReset(Part):
    """Takes up the last state of the run before, as one that was restored does. The server has sent this run again
    what the one before was sent after the point of the reset, and in it may be what that one never saw.
    """

    async def take_up(self) -> NoReturn:
        """Goes on as a new run. That waits for a worker that can replay the run before, however long that takes."""
        self._display.set_details(DOING)
        info = workflow.info()
        run = EndedRun(workflow_id=info.workflow_id, run_id=info.run_id)
        told = await call(LastStateActivities.read_before_reset, run, PATIENT, "Reset: read what the run before knew")
        state = SubscriptionState.model_validate(told)
        if state.owner is not None and state.given_back is None:
            state = self._state  # until it is sold it does nothing itself, and all that it was told came again
        else:
            self._add_purchases(state)
            self._add_order(state)
            self._add_set_aside(state)
        go_on_with(state)

    def _add_purchases(self, state: SubscriptionState) -> None:
        purchases = Purchases(state)
        waiting = [purchase_id for purchase_id in self._state.queue if purchases.find(purchase_id) is None]
        for purchase_id in waiting:
            addon, bulk = self._purchases.find(purchase_id), self._state.in_bulk.get(purchase_id)
            if addon:
                bought = addon.model_dump(include=set(AddonPurchase.model_fields))
                purchases.accept(AddonPurchase(**bought, bulk=bulk), addon.bought_at or workflow.now())
        if waiting and state.subscription.status == "closed":
            purchases.fail_pending("it was closed first", workflow.now())

    def _add_order(self, state: SubscriptionState) -> None:
        """Of the orders that came again, the last says what is wanted. The run before may not have seen it."""
        if not (self._state.changes and state.is_sold):
            return
        last, known = self._state.changes[-1], state.changes
        is_wanted = last.to != (known[-1].to if known else state.subscription.status)
        if is_wanted and not (state.is_suspended_as_empty and last.to == "active"):
            known.append(last)

    def _add_set_aside(self, state: SubscriptionState) -> None:
        own, known = self._state.set_aside, state.set_aside
        known.messages += [message for message in own.messages if message.number > known.count]
        known.count = max(known.count, own.count)
