"""Cleaning up after a sale that did not come about: what was done to the endpoint is undone."""

from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.subscription import Subscription
from sft.states import ACTIVE, SUSPENDED, UNUSED, is_state
from workflows.counting import count_quarantined, count_unanswered
from workflows.handover import CleanedUp, GiveBack
from workflows.late_effects import LateEffects
from workflows.part import Part, Shared


class UnsoldEndpoint(Part):
    """The endpoint of a subscription that was given back: suspended if it may be active, and rid of what was put on it.

    It is released to the next traveler only if it was certainly never active; else it is quarantined for good.
    """

    def __init__(self, shared: Shared, late_effects: LateEffects) -> None:
        super().__init__(shared)
        self._late_effects = late_effects

    async def clean_up(self, order: GiveBack) -> Subscription:
        """Undoes what the purchase did, waits until SFT can do nothing late any more, and says who may have it next.

        Returns the subscription if the endpoint is quarantined.

        Raises:
            ApplicationError: ``Released`` if the endpoint may be claimed again: a failed run is one whose id may be
                used anew.
        """
        self._display.set_details(f"Given back: {order.reason}")
        self._state.next_look = None
        was_active = order.activated != "no" and await self._suspend(order)
        for doubt in order.doubts:
            await self._late_effects.remove(doubt)
        self._purchases.fail_pending(f"the eSIM was not sold: {order.reason}", workflow.now())
        self._late_effects.take_over(order)
        if self._late_effects.is_expected:
            self._display.set_status("quarantined")
            await self._signal_owner()
            was_active = await self._late_effects.outlast() or was_active
        await workflow.wait_condition(workflow.all_handlers_finished)
        if order.verdict == "release" and not was_active:
            self._release(order.reason)
        self._display.set_status("quarantined")
        await self._tell_quarantine(order.reason, was_suspended=was_active)
        return self._state.subscription

    async def _tell_quarantine(self, reason: str, *, was_suspended: bool) -> None:
        """An endpoint that stays active without an owner is for people to look at: it is counted, and logged."""
        status = SUSPENDED if was_suspended else (await self._endpoint.look()).status
        count_quarantined(status)
        self._display.set_details(f"Quarantined, {status or 'unknown'} at SFT, nobody will get this endpoint: {reason}")
        if is_state(status, ACTIVE):
            workflow.logger.warning("quarantined, but active at SFT: %s", reason)

    async def _suspend(self, order: GiveBack) -> bool:
        """Whether the endpoint was active at all. An unanswered activation is waited for before it is ruled out."""
        look = await self._endpoint.look()
        if order.activated == "unanswered" and is_state(look.status, UNUSED):
            settle = timedelta(seconds=look.settle_seconds)
            await workflow.sleep(settle, summary="The activation was not answered: wait whether it is done late")
            look = await self._endpoint.look()
        if order.activated == "unanswered" and is_state(look.status, ACTIVE):
            order.unanswered_activations = max(0, order.unanswered_activations - 1)
            count_unanswered("EndPointLifeCycleChange", "done_late")
        if is_state(look.status, UNUSED, SUSPENDED):
            return is_state(look.status, SUSPENDED)
        await self._endpoint.suspend()
        return True

    async def _signal_owner(self) -> None:
        """Lets the run that gave the endpoint back end: it is cleaned up, however long it is watched from here on."""
        if owner := self._state.owner:
            run = workflow.get_external_workflow_handle(owner.workflow_id, run_id=owner.run_id)
            with suppress(ApplicationError):  # it was terminated
                await run.signal("cleaned_up", CleanedUp(subscription_id=self._state.subscription.subscription_id))

    def _release(self, reason: str) -> NoReturn:
        raise ApplicationError(
            f"Released: endpoint {self._endpoint.endpoint_id} was never activated and can be sold again ({reason})",
            type="Released",
            non_retryable=True,
        )
