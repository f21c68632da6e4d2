"""The add-ons that were bought for an eSIM after its sale, provisioned one after the other."""

from datetime import datetime

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ApplicationError

from contract.addon import Addon, AddonError
from contract.failure import ACTIVATION_REJECTED, ADDON_REJECTED, CANCELLED, SFT_UNAVAILABLE, FailureType
from contract.purchase import AddonPurchase
from sft.states import ACTIVE
from workflows.addon_protocol import AddonProtocol, AddonRefused
from workflows.callers import MOST_PURCHASES
from workflows.cancellation import afterwards
from workflows.counting import count_addon
from workflows.handover import Doubt
from workflows.late_effects import LateEffects
from workflows.outcome import AccountRefuses
from workflows.part import Part, Shared
from workflows.sft_calls import turn_of
from workflows.usage_watch import UsageWatch


class AddonQueue(Part):
    """The queue in a subscription's state, in order of arrival. A suspended eSIM keeps it waiting."""

    def __init__(self, shared: Shared, late_effects: LateEffects, usage: UsageWatch) -> None:
        super().__init__(shared)
        self._late_effects = late_effects
        self._usage = usage
        self._not_before: datetime | None = None

    def take(self, purchase: AddonPurchase) -> Addon:
        """The add-on of this purchase, which is provisioned when its turn has come if that has not been done."""
        addon = self._purchases.accept(purchase, workflow.now())
        self._display.refresh()
        return addon

    def take_signalled(self, purchase: AddonPurchase) -> None:
        """Takes a purchase that nobody waits for; one that contradicts a known one is logged and changes nothing."""
        try:
            self._purchases.refuse_conflict(purchase)
        except ApplicationError as refusal:
            workflow.logger.warning("addon_purchased ignored: %s", refusal.message)
            return
        try:
            if self._is_new(purchase):
                self._purchases.refuse_if_full()
        except ApplicationError as refusal:
            workflow.logger.warning("addon_purchased of %s refused: %s", purchase.purchase_id, refusal.message)
            addon = Addon.model_validate(purchase.model_dump() | {"status": "failed", "bought_at": workflow.now()})
            addon.error = AddonError(type=_kind_of(refusal), message=refusal.message)
            self._events.notify("addon_failed", addon=addon)  # which alone tells of it: there is no room for more
            return
        addon = self.take(purchase)
        if addon.status == "failed":  # it is closed, and nobody waits for an answer
            self._events.notify("addon_failed", addon=addon)

    def refuse(self, purchase: AddonPurchase) -> None:
        """Raises ApplicationError: ``InvalidRequest`` if its id is known as something else, ``Cancelled`` if it is new
        and nothing can be bought any more, ``SftUnavailable`` if too much was asked."""
        self._purchases.refuse_conflict(purchase)
        if self._is_new(purchase):
            self._purchases.refuse_if_over()
            self._purchases.refuse_if_full()
        self._callers.refuse_if_many()

    def _is_new(self, purchase: AddonPurchase) -> bool:
        """Whether it would have to be provisioned: it is not known, or failed before."""
        known = self._purchases.find(purchase.purchase_id)
        return known is None or known.status == "failed"

    async def wait_for(self, purchase: AddonPurchase) -> Addon:
        """The add-on of this purchase once it is provisioned; as it stands on a suspended eSIM, which may stay so for
        months, or where enough others wait already.

        Raises:
            ApplicationError: the failure of the add-on.
        """
        self._callers.count()
        addon = self.take(purchase)
        line = f"purchase {purchase.purchase_id}"
        if self._callers.has_room(line, MOST_PURCHASES):
            await self._callers.wait(line, lambda: addon.status != "pending" or self._is_suspended)
        if addon.error is not None:
            raise ApplicationError(addon.error.message, type=addon.error.type, non_retryable=True)
        return addon

    @property
    def _is_suspended(self) -> bool:
        return self._state.subscription.status == "suspended" and not self._state.is_suspended_as_empty

    @property
    def is_ready(self) -> bool:
        """Whether there is an add-on that can be provisioned now."""
        return self._can_provision and (self._not_before is None or self._not_before <= workflow.now())

    @property
    def _can_provision(self) -> bool:
        is_active = self._state.subscription.status == "active" or self._state.is_suspended_as_empty
        return bool(self._state.queue) and is_active

    def due_at(self) -> datetime | None:
        """When what SFT refuses to everybody is tried again; None if nothing waits for that."""
        return self._not_before if self._can_provision else None

    async def provision_next(self) -> None:
        """Provisions the first add-on of the queue, fails it, or puts it off while SFT refuses add-ons to everybody:
        nothing else acts on the endpoint meanwhile."""
        addon = self._purchases.first_in_queue()
        self._display.set_details(f"Provisioning add-on {addon.plan_id} for purchase {addon.purchase_id}.")
        protocol = self._protocol(turn_of(self._state.in_bulk.get(addon.purchase_id)))
        self._state.under_way = protocol.doubts
        self._not_before = None
        try:
            await self._wake(addon)
            with afterwards(lambda: self._take_over(protocol)):  # also when the subscription is cancelled meanwhile
                addon.unique_id = await protocol.provision(addon.plan_id, self._not_new())
            addon.status = "provisioned"
        except AccountRefuses as refusal:
            self._wait_for_the_operator(addon, refusal)
            return
        except AddonRefused as refusal:
            addon.error = self._error_of(addon, refusal)
            addon.status = "failed"
        except ApplicationError as failure:
            addon.error = AddonError(type=_kind_of(failure), message=failure.message)
            addon.status = "failed"
        self._purchases.leave_queue(addon)
        self._notify(addon)
        self._display.set_details("")

    async def _wake(self, addon: Addon) -> None:
        """Has an eSIM active again that was suspended because nothing was left on it."""
        if not self._state.is_suspended_as_empty:
            return
        with afterwards(lambda: self._late_effects.expect_lifecycle(ACTIVE)):
            turn = turn_of(self._state.in_bulk.get(addon.purchase_id))
            await self._endpoint.change_to(ACTIVE, "system", turn)
        self._state.is_suspended_as_empty, self._state.empty_since = False, None
        self._display.set_status("active")
        self._events.notify("subscription_resumed")

    def _not_new(self) -> list[str]:
        """What is not new where it shows up: other purchases', and what was seen on the endpoint, or taken off it."""
        known = self._state.subscription
        return [*self._purchases.accounted(), *known.unmatched, *known.surplus_removed]

    def _take_over(self, protocol: AddonProtocol) -> None:
        self._state.under_way = []
        self._late_effects.expect_addons(protocol.doubts)
        self._state.channels = protocol.channels or self._state.channels

    def _wait_for_the_operator(self, addon: Addon, refusal: AccountRefuses) -> None:
        """It stays the first of the queue: meanwhile, orders and looks are carried out."""
        self._not_before = workflow.now() + refusal.pause
        self._display.set_details(
            f"Waiting for the operator: SFT refuses add-ons for a reason that is no purchase's ({refusal}). Once that "
            f"is mended, purchase {addon.purchase_id} goes on by itself; tried again at {self._not_before:%H:%M} UTC."
        )

    async def settle(self, doubt: Doubt) -> str:
        """Looks whether SFT did what an earlier run had sent for the first purchase: if so, that is its add-on.

        Returns a sentence about it. What is not there is sent again when its turn has come, and is still watched for.
        """
        addon = self._purchases.first_in_queue()
        unique_id = await self._protocol().settle(doubt)
        if unique_id is None:
            return f"SubscribeAddon for purchase {addon.purchase_id} may have been sent, and made nothing: sent again."
        addon.unique_id, addon.status = unique_id, "provisioned"
        self._late_effects.found(doubt.plan_id)
        self._purchases.leave_queue(addon)
        self._notify(addon)
        return f"SubscribeAddon for purchase {addon.purchase_id} had been sent, and was done: {unique_id}."

    def _protocol(self, priority: Priority | None = None) -> AddonProtocol:
        return AddonProtocol(self._state.subscription.endpoint_id, self._display.set_details, priority=priority)

    def _error_of(self, addon: Addon, refusal: AddonRefused) -> AddonError:
        endpoint_id = self._state.subscription.endpoint_id
        message = (
            f"SFT refused add-on {addon.plan_id} on endpoint {endpoint_id} ({refusal}); send the purchase "
            "again once SFT knows the plan, or buy another one under a purchase_id of its own"
        )
        return AddonError(type=ADDON_REJECTED, message=message)

    def _notify(self, addon: Addon) -> None:
        addon.decided_at = workflow.now()
        count_addon(addon)
        self._purchases.keep_small()
        if addon.status == "failed":
            self._events.notify("addon_failed", addon=addon)
            return
        subscription = self._state.subscription
        subscription.unmatched = [unique_id for unique_id in subscription.unmatched if unique_id != addon.unique_id]
        self._events.notify("addon_provisioned", addon=addon)
        self._usage.add_look()


def _kind_of(failure: ApplicationError) -> FailureType:
    kinds: tuple[FailureType, ...] = (ACTIVATION_REJECTED, CANCELLED)
    return next((kind for kind in kinds if kind == failure.type), SFT_UNAVAILABLE)
