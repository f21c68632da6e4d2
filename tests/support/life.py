"""The life of eSIMs from the sale to the end: a scenario that has to go through whatever the platform's habits are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contract.addon import Addon, Usage
from contract.esim import ProvisionedEsim
from contract.subscription import Subscription
from tests.support.seller import Seller
from tools.simulator.call import Call
from tools.simulator.endpoint import Endpoint
from tools.simulator.fault import Fault, Kind
from tools.simulator.habits.catalog import HABITS

USED = 7 * 1000**3


def settings_under(habits: Iterable[str]) -> dict[str, Any]:
    """The worker's settings that make it right under these habits."""
    return {name.lower(): value for habit in habits for name, value in HABITS[habit].settings.items()}


@dataclass
class Life:
    """Two eSIMs of one seller. Each step leaves things so that the next can follow, and asserts what is at SFT then."""

    shop: Seller
    sales: int = 0

    async def goes_through(self) -> None:
        sold = await self.sale()
        await self.top_ups(sold)
        await self.usage(sold)
        await self.suspend_and_resume(sold)
        await self.unanswered_sale()
        await self.closing(sold)

    async def sale(self) -> ProvisionedEsim:
        sold = await self.shop.sell()
        self.sales += 1
        endpoint = self.endpoint(sold)
        assert endpoint.status == "Active"
        assert [instance.unique_id for instance in endpoint.addons] == [sold.addon.unique_id]
        assert sold.iccid == endpoint.iccid
        self.nothing_is_wasted()
        return sold

    async def top_ups(self, sold: ProvisionedEsim) -> None:
        """One that is answered, and one that is not."""
        run = self.shop.run_of(sold.endpoint_id)
        answered = await run.execute_update("purchase_addon", self.shop.addon(), result_type=Addon)
        assert answered.status in ("provisioned", "pending")
        self.unanswered("SubscribeAddon")
        await run.signal("addon_purchased", self.shop.addon())
        subscription = await self.shop.settled(sold.endpoint_id)
        assert [addon.status for addon in subscription.addons] == ["provisioned"] * 3
        bought = [addon.unique_id for addon in subscription.addons]
        assert bought == [instance.unique_id for instance in self.endpoint(sold).addons]
        assert not self.endpoint(sold).removed_addons

    async def unanswered_sale(self) -> None:
        """A sale whose calls are all done, and all but one of them unanswered once."""
        self.unanswered("EndPointLifeCycleChange", "reset_after")
        self.unanswered("GetEndPointProfile", "error_after")
        await self.sale()

    async def usage(self, sold: ProvisionedEsim) -> None:
        first = self.endpoint(sold).addons[0]
        self.shop.platform.use(sold.endpoint_id, USED, first.unique_id)
        subscription = await self.shop.refreshed(sold.endpoint_id)
        assert subscription.unmatched == []
        used, *waiting = [addon.usage for addon in subscription.addons]
        names = self.shop.platform.habits.names
        assert first.starts_at is not None
        assert first.expires_at is not None
        for usage in filter(None, (used, *waiting)):
            assert usage.state in ("in_use", "waiting_for_first_use")
        if not names & {"left_in_words", "granted_in_words"}:  # a balance of which half is unknown is not told
            assert used is not None
            assert used.remaining_bytes == first.remaining_bytes
            assert [_left(usage) for usage in waiting] == [first.plan.granted_bytes] * 2
        if used is not None:
            assert used.starts_at == first.starts_at.replace(microsecond=0)
            assert used.expires_at in (first.expires_at.replace(microsecond=0), None)
            assert used.expires_at is not None or "unlimited_validity" in names

    async def suspend_and_resume(self, sold: ProvisionedEsim) -> None:
        for change, status, at_sft in (("suspend", "suspended", "Suspended"), ("resume", "active", "Active")):
            assert (await self.ordered(sold, change)).status == status
            assert self.endpoint(sold).status == at_sft

    async def closing(self, sold: ProvisionedEsim) -> None:
        assert (await self.ordered(sold, "close")).status == "closed"
        assert self.endpoint(sold).status == "Suspended"

    async def ordered(self, sold: ProvisionedEsim, change: str) -> Subscription:
        run = self.shop.run_of(sold.endpoint_id)
        subscription: Subscription = await run.execute_update(change, {"reason": "system"}, result_type=Subscription)
        return subscription

    def unanswered(self, call: Call, kind: Kind = "answer_lost") -> None:
        self.shop.platform.order(Fault(call=call, kind=kind))

    def endpoint(self, sold: ProvisionedEsim) -> Endpoint:
        return self.shop.platform.endpoint(sold.endpoint_id)

    def nothing_is_wasted(self) -> None:
        """No eSIM was activated that was not sold."""
        activated = [endpoint for endpoint in self.shop.platform.endpoints if endpoint.status != "Pre-Active"]
        assert len(activated) == self.sales


def _left(usage: Usage | None) -> int | None:
    return usage.remaining_bytes if usage else None
