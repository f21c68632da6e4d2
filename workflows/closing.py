"""The end of an eSIM that was sold: suspended for good, with nothing pending, and everything told."""

from temporalio import workflow

from contract.failure import CANCELLED, FailureType
from contract.subscription import Subscription
from sft.states import SUSPENDED
from workflows.late_effects import LateEffects
from workflows.part import Part, Shared


class Closing(Part):
    """Closes a subscription, on order or because it was cancelled."""

    def __init__(self, shared: Shared, late_effects: LateEffects) -> None:
        super().__init__(shared)
        self._late_effects = late_effects

    async def close_cancelled(self) -> Subscription:
        """Suspends the endpoint of a subscription that was cancelled, and ends it like one that was closed."""
        if self._state.subscription.status == "closed":  # it was, and was ended from outside after that
            return await self.wind_down()
        reason = "the subscription was cancelled"
        self._display.set_details(f"Closing: {reason}")
        await self._endpoint.suspend()
        self._late_effects.expect_lifecycle(SUSPENDED)
        await self.clear_away(reason)
        return await self.wind_down()

    async def clear_away(self, reason: str) -> None:
        """Removes what SFT made late, fails what is pending, and says that it is closed: nobody can buy from now on."""
        for watch in self._state.addon_watches:
            await self._late_effects.remove(watch.doubt)
        for addon in self._purchases.fail_pending(reason, workflow.now()):
            self._events.notify("addon_failed", addon=addon)
        self._mail.drop("the eSIM was closed first")
        self._display.set_status("closed")
        self._events.notify("subscription_closed")
        self._display.set_details(f"Closed: {reason}")

    def _refuse_repayments(self) -> None:
        closed = f"{self._state.subscription.subscription_id} was closed first: ask SFT what is left on it"
        why: tuple[FailureType, str] = (CANCELLED, closed)
        for removal in self._state.removals:
            removal.failure, removal.done = why, True
        self._state.removals.clear()
        if refund := self._state.refunding:
            refund.failure, self._state.refunding = why, None

    async def wind_down(self) -> Subscription:
        """Waits until SFT cannot undo the closing any more, everything was told, and everybody answered."""
        closed = self._display.doing
        for order in self._state.changes:  # given before the closing: there is nothing left to do about them
            order.done = True
        self._refuse_repayments()
        self._events.resume()
        await self._late_effects.outlast()
        self._display.set_details(closed)
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and self._events.is_all_sent)
        return self._state.subscription
