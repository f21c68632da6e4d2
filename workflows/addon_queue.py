"""The add-ons that were bought for an eSIM after its sale, provisioned one after the other."""

from temporalio.exceptions import ApplicationError

from contract.addon import Addon, AddonError
from contract.failure import ADDON_REJECTED, SFT_UNAVAILABLE
from workflows.addon_protocol import AddonProtocol, AddonRefused
from workflows.counting import count_addon
from workflows.late_effects import LateEffects
from workflows.part import Part, Shared
from workflows.usage_watch import UsageWatch


class AddonQueue(Part):
    """The queue in a subscription's state, in order of arrival. A suspended eSIM keeps it waiting."""

    def __init__(self, shared: Shared, late_effects: LateEffects, usage: UsageWatch) -> None:
        super().__init__(shared)
        self._late_effects = late_effects
        self._usage = usage

    @property
    def is_ready(self) -> bool:
        """Whether there is an add-on that can be provisioned now."""
        return bool(self._state.queue) and self._state.subscription.status == "active"

    async def provision_next(self) -> None:
        """Provisions the first add-on of the queue, or fails it: nothing else acts on the endpoint meanwhile."""
        addon = self._purchases.first_in_queue()
        self._display.set_details(f"Provisioning add-on {addon.plan_id} for purchase {addon.purchase_id}.")
        protocol = AddonProtocol(self._state.subscription.endpoint_id, self._display.set_details)
        try:
            addon.unique_id = await protocol.provision(addon.plan_id, self._purchases.accounted())
            addon.status = "provisioned"
        except AddonRefused as refusal:
            addon.error = self._error_of(addon, refusal)
            addon.status = "failed"
        except ApplicationError as failure:
            addon.error = AddonError(type=SFT_UNAVAILABLE, message=failure.message)
            addon.status = "failed"
        finally:  # also when the subscription is cancelled meanwhile
            self._late_effects.expect_addons(protocol.doubts)
            self._state.channels = protocol.channels or self._state.channels
        self._state.queue.remove(addon.purchase_id)
        self._notify(addon)
        self._display.set_details("")

    def _error_of(self, addon: Addon, refusal: AddonRefused) -> AddonError:
        endpoint_id = self._state.subscription.endpoint_id
        message = (
            f"SFT refused add-on {addon.plan_id} on endpoint {endpoint_id} ({refusal}); send the purchase "
            "again once SFT knows the plan, or buy another one under a purchase_id of its own"
        )
        return AddonError(type=ADDON_REJECTED, message=message)

    def _notify(self, addon: Addon) -> None:
        count_addon(addon)
        self._purchases.keep_small()
        if addon.status == "failed":
            self._events.notify("addon_failed", addon=addon)
            return
        subscription = self._state.subscription
        subscription.unmatched = [unique_id for unique_id in subscription.unmatched if unique_id != addon.unique_id]
        self._events.notify("addon_provisioned", addon=addon)
        self._usage.add_look()
