"""Orders to suspend, resume or close an eSIM that was sold: taken at any time, carried out one after the other."""

from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.failure import ACTIVATION_REJECTED, INVALID_REQUEST, SFT_UNAVAILABLE, FailureType
from contract.order import OrderName
from workflows.cancellation import afterwards
from workflows.closing import Closing
from workflows.late_effects import LateEffects, status_at_sft
from workflows.order_record import OrderRecord
from workflows.part import Part, Shared
from workflows.sft_calls import turn_of
from workflows.state import StatusChange

ORDERS: Final[dict[str, OrderName]] = {"suspended": "suspend", "active": "resume", "closed": "close"}

MOST_WAITING: Final = 20
"""Orders that wait. Of signals without end, the oldest for which nobody waits give way to the newest."""

SOLD: Final = ("active", "suspended", "closed")


class LifecycleOrders(Part):
    """The orders in a subscription's state, and what they do to the endpoint."""

    def __init__(self, shared: Shared, late_effects: LateEffects, closing: Closing) -> None:
        super().__init__(shared)
        self._late_effects = late_effects
        self._closing = closing
        self._record = OrderRecord(shared)

    def refuse_unless_sold(self) -> None:
        """Raises ApplicationError, ``InvalidRequest``, for an eSIM that was not sold, or not yet."""
        if self._state.subscription.status not in SOLD:
            self._refuse("only an eSIM that was sold can be read, suspended, resumed or closed")

    def refuse_unless_alive(self) -> None:
        """Raises ApplicationError, ``InvalidRequest``, for one that is closed or about to be, too."""
        self.refuse_unless_sold()
        if self._state.subscription.status == "closed" or any(order.to == "closed" for order in self._state.changes):
            self._refuse("an eSIM that is closed, or about to be, stays suspended for good")

    def _refuse(self, why: str) -> None:
        subscription = self._state.subscription
        raise ApplicationError(
            f"{subscription.subscription_id} is {subscription.status}: {why}",
            type=INVALID_REQUEST,
            non_retryable=True,
        )

    async def wait_for(self, order: StatusChange) -> None:
        """Returns once the order is carried out, at once if it is so already, or once a newer caller waits for it.

        Raises:
            ApplicationError: ``ActivationRejected`` or ``SftUnavailable`` if SFT could not be brought to do it.
        """
        self._callers.count()
        taken = self._take(order)
        if taken is None:
            return
        taken.is_awaited = True
        await self._callers.wait(f"order {order.to}", lambda: taken.done)
        if taken.failure:
            failure_type, message = taken.failure
            raise ApplicationError(message, type=failure_type, non_retryable=True)

    def take_signalled(self, order: StatusChange) -> None:
        """Takes an order that nobody waits for; one that comes too early or too late is logged and changes nothing."""
        try:
            self.refuse_unless_sold() if order.to == "closed" else self.refuse_unless_alive()
        except ApplicationError as refusal:
            workflow.logger.warning("order to make it %s ignored: %s", order.to, refusal.message)
            return
        self._take(order)

    def _take(self, order: StatusChange) -> StatusChange | None:
        """The order that will be carried out; None if it is so already."""
        changes = self._state.changes
        is_so = self._state.subscription.status == order.to
        if is_so and (order.to == "closed" or not changes) and not order.again:
            if self._state.is_suspended_as_empty:  # from now on, somebody wants it so
                self._state.is_suspended_as_empty, self._state.subscription.suspended_because = False, order.reason
            return None
        if not changes or changes[-1].to != order.to:  # the same given again, say a thousand times, is the same
            changes.append(order)
            self._keep_few()
        changes[-1].again |= order.again
        if order.bulk is None:  # somebody is in a hurry now
            changes[-1].bulk = None
        return changes[-1]

    def _keep_few(self) -> None:
        waiting = self._state.changes[1:-1]  # the first may be under way, the last is the newest
        overtaken = next((number for number, order in enumerate(waiting, 1) if not order.is_awaited), None)
        if len(waiting) >= MOST_WAITING and overtaken:
            order = self._state.changes.pop(overtaken)
            workflow.logger.warning("order to make it %s overtaken by newer ones", order.to)

    async def carry_out_next(self) -> None:
        """Does what the oldest order says, unless it is so already. One that cannot be carried out changes nothing."""
        order = self._state.changes[0]
        try:
            is_so = order.to == self._state.subscription.status
            if order.again or not (is_so or (order.by_itself and self._state.queue)):
                await self._carry_out(order)
        except ApplicationError as failure:
            order.failure = (_failure_type(failure), failure.message)
        self._state.changes.remove(order)
        order.done = True
        if not order.by_itself:
            name = ORDERS[order.to]
            self._record.add(name, order.reason, order.ordered_by, failure=order.failure[1] if order.failure else None)
        if self._state.subscription.status != "closed":
            self._display.set_details("")

    async def _carry_out(self, order: StatusChange) -> None:
        reason = order.reason.replace("_", " ")
        self._display.set_details(f"Making it {order.to}, as ordered ({reason}).")
        # A request that SFT did not answer may still be carried out, against what is ordered after it.
        with afterwards(lambda: self._late_effects.expect_lifecycle(status_at_sft(order.to))):
            await self._endpoint.change_to(status_at_sft(order.to), order.reason, turn_of(order.bulk))
        if order.to == "closed":
            await self._closing.clear_away(f"closed on order ({reason})")
            return
        if order.to == self._state.subscription.status:
            return
        self._display.set_status(order.to)
        if order.to == "suspended":
            self._state.subscription.suspended_because = "empty" if order.by_itself else order.reason
        self._state.empty_since, self._state.is_suspended_as_empty = None, order.by_itself
        self._events.notify("subscription_resumed" if order.to == "active" else "subscription_suspended")


def _failure_type(failure: ApplicationError) -> FailureType:
    return ACTIVATION_REJECTED if failure.type == ACTIVATION_REJECTED else SFT_UNAVAILABLE
