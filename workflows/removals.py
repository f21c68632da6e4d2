"""Orders to take an add-on off an eSIM: taken at any time, carried out one after the other."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ApplicationError

from activities.addons import AddonActivities
from activities.messages import Surplus
from contract.addon import Addon
from contract.failure import ADDON_REJECTED, INVALID_REQUEST, SFT_UNAVAILABLE, FailureType
from contract.order import RemovalOrder
from workflows.callers import MOST_REPAYMENTS
from workflows.counting import count_addon
from workflows.order_record import OrderRecord
from workflows.part import Part, Shared
from workflows.sft_calls import patiently, turn_of
from workflows.state import Removal
from workflows.usage_watch import UsageWatch

LINE: Final = "repayment"

FRESH: Final = timedelta(minutes=5)
"""A reading that is not older is not repeated before an add-on is taken off."""


class Removals(Part):
    """The removals in a subscription's state. An add-on is found at SFT by its uniqueId, never by its plan."""

    def __init__(self, shared: Shared, usage: UsageWatch) -> None:
        super().__init__(shared)
        self._usage = usage
        self._record = OrderRecord(shared)

    def refuse(self, order: RemovalOrder) -> None:
        """Raises ApplicationError, ``InvalidRequest``, for an add-on that was not bought here, or has failed."""
        addon = self._purchases.find(order.purchase_id)
        if addon is None:
            self._refuse(f"no add-on was bought for {self._state.subscription.subscription_id} as {order.purchase_id}")
        elif addon.status == "failed":
            self._refuse(f"the add-on of purchase {order.purchase_id} failed: there is nothing to take off")

    def _refuse(self, why: str) -> None:
        raise ApplicationError(why, type=INVALID_REQUEST, non_retryable=True)

    async def wait_for(self, order: RemovalOrder) -> Addon:
        """The add-on once it is taken off, at once if it is so already; as it stands where somebody else waits for
        another.

        Raises:
            ApplicationError: ``AddonRejected`` if SFT refuses, ``SftUnavailable`` if it does not answer for a day.
        """
        self._callers.count()
        if (removal := self._take(order)) and self._callers.has_room(f"{LINE} {order.purchase_id}", MOST_REPAYMENTS):
            await self._callers.wait(f"{LINE} {order.purchase_id}", lambda: removal.done)
            if removal.failure:
                failure_type, message = removal.failure
                raise ApplicationError(message, type=failure_type, non_retryable=True)
        addon = self._purchases.find(order.purchase_id)
        if addon is None:  # a purchase is remembered for as long as the subscription lives
            raise ApplicationError(f"no purchase {order.purchase_id}", type=INVALID_REQUEST, non_retryable=True)
        return addon

    def _take(self, order: RemovalOrder) -> Removal | None:
        """The removal that will be carried out; None if it was."""
        addon = self._purchases.find(order.purchase_id)
        if addon is None or addon.status == "removed":
            return None
        for removal in self._state.removals:  # the same order given again is the same
            if removal.order.purchase_id == order.purchase_id:
                if order.bulk is None:  # somebody is in a hurry now
                    removal.order.bulk = None
                return removal
        self._state.removals.append(Removal(order=order))
        return self._state.removals[-1]

    async def carry_out_next(self) -> None:
        """Takes off what the oldest order says. One that cannot be carried out changes nothing."""
        removal = self._state.removals[0]
        order, addon = removal.order, self._purchases.find(removal.order.purchase_id)
        try:
            if addon and addon.status in ("pending", "provisioned"):
                await self._read_last(addon, turn_of(order.bulk))
                await self.take_off(self._purchases.unarchived(addon), order.reason, turn_of(order.bulk))
        except ApplicationError as failure:
            kind: FailureType = ADDON_REJECTED if failure.type == ADDON_REJECTED else SFT_UNAVAILABLE
            removal.failure = (kind, failure.message)
        self._state.removals.remove(removal)
        removal.done = True
        failed = removal.failure[1] if removal.failure else None
        self._record.add("remove_addon", order.reason, order.ordered_by, purchase_id=order.purchase_id, failure=failed)
        self._display.set_details("")

    async def _read_last(self, addon: Addon, priority: Priority | None) -> None:
        """What is paid back is judged by the last reading, which may be half a day old. Where SFT does not tell, that
        stands, and says of when it is."""
        is_fresh = addon.usage is not None and workflow.now() - addon.usage.as_of < FRESH
        if addon.unique_id and not is_fresh:
            with suppress(ApplicationError):
                await self._usage.read_now(priority)

    async def take_off(self, addon: Addon, reason: str, priority: Priority | None = None) -> None:
        """Has SFT take an instance off the endpoint, if it is there, and tells of it.

        A removal that SFT did not answer is looked up before it is asked for again, and another instance of the same
        plan stays where it is.

        Raises:
            ApplicationError: ``AddonRejected`` if SFT refuses, ``SftUnavailable`` if it does not answer for a day.
        """
        if addon.unique_id:
            what = f"Take add-on {addon.plan_id} (uniqueId {addon.unique_id}) off endpoint {self._endpoint.endpoint_id}"
            self._display.set_details(f"{what}, as ordered ({reason}).")
            instance = Surplus(
                endpoint_id=self._endpoint.endpoint_id, unique_ids=[addon.unique_id], plan_id=addon.plan_id
            )
            try:
                await patiently(
                    AddonActivities.remove_addon, instance, what, self._display.set_details, priority=priority
                )
            except ApplicationError as failure:
                if failure.type != ADDON_REJECTED:
                    raise
                raise ApplicationError(
                    f"{what}: SFT refused ({failure.message}); ask SFT why, then send it again",
                    type=ADDON_REJECTED,
                    non_retryable=True,
                ) from failure
        is_pending = addon.status == "pending"
        self._purchases.remove(addon, reason, workflow.now())
        if is_pending:
            count_addon(addon)
        self._events.notify("addon_removed", addon=addon)
        self._purchases.keep_small()
