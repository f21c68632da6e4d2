"""The sale that a subscription waits for: until that is over, the purchase that claimed the endpoint acts on it."""

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.messages import Owner
from workflows.handover import GiveBack, HandOver
from workflows.late_effects import LateEffects
from workflows.owner import last_word_of
from workflows.part import Part, Shared
from workflows.policies import OWNER_LOOK
from workflows.usage_watch import UsageWatch


class AwaitedSale(Part):
    """The end of a sale, as the purchase says it or, where it can say nothing any more, as it is found out."""

    def __init__(self, shared: Shared, late_effects: LateEffects, usage: UsageWatch) -> None:
        super().__init__(shared)
        self._late_effects = late_effects
        self._usage = usage

    async def until_over(self) -> GiveBack | None:
        """Waits for the purchase that claimed the endpoint, and that alone acts on it until then.

        A cancellation is put off until then, and kept in mind: Temporal delivers it to a run only once.
        """
        while not self._is_over:
            try:
                await workflow.wait_condition(lambda: self._is_over)
            except asyncio.CancelledError:
                self._state.is_cancel_requested = True
                workflow.logger.warning("cancelled: closed as soon as it is sold, if it is")
        return self._state.given_back

    async def look_at_owner(self, owner: Owner) -> None:
        """Ends the sale if the run that claimed the endpoint has ended without a word."""
        # The search attribute says active from the claim on, which an ordinary sale is within seconds. This one takes
        # long: from now on it says what is true.
        self._display.set_status(self._state.subscription.status)
        self._state.next_look = workflow.now() + OWNER_LOOK
        with suppress(ActivityError):  # it is tried without end: an operator has ended it, and the next look comes
            match await last_word_of(owner, self._endpoint):
                case HandOver() as sale:
                    self.hand_over(sale)
                case GiveBack() as order:
                    self.give_back(order)

    def hand_over(self, sale: HandOver) -> None:
        """The eSIM is sold; ignored if it was before, or was given back."""
        first = self._purchases.find(sale.addon.purchase_id)
        if first is None or self._is_over:
            workflow.logger.warning("hand_over of %s ignored: it is not being provisioned", sale.addon.purchase_id)
            return
        first.product, first.plan_id = sale.addon.product, sale.addon.plan_id
        first.unique_id, first.status = sale.addon.unique_id, sale.addon.status
        first.decided_at = workflow.now()
        self._state.owner, self._state.channels = None, sale.channels
        self._state.subscription.orders = sale.orders
        self._late_effects.take_over(sale)
        self._mail.send_first()
        self._display.set_status("active")
        self._events.notify("esim_provisioned", addon=first)
        self._usage.add_look()
        self._display.refresh()

    def give_back(self, order: GiveBack) -> None:
        """The eSIM is not sold; ignored if it was, or was given back before."""
        if self._is_over:
            workflow.logger.warning("give_back ignored: it is sold, or was given back before (%s)", order.reason)
            return
        self._state.given_back = order

    @property
    def _is_over(self) -> bool:
        return self._state.owner is None or self._state.given_back is not None
