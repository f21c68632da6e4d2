"""The orders that can be given to many eSIMs at once."""

from datetime import datetime
from typing import Final

from contract.addon import Addon
from contract.failure import INVALID_REQUEST
from contract.order import LifecycleOrder, RemovalOrder
from contract.purchase import AddonPurchase
from contract.subscription import SubscriptionStatus
from seller.bulk import ManyOrders, Target
from seller.catalog import Catalog
from seller.client import SellerClient
from seller.errors import SellerError
from seller.subscriptions import LifecycleChange

MADE: Final[dict[LifecycleChange, SubscriptionStatus]] = {
    "suspend": "suspended",
    "resume": "active",
    "close": "closed",
}
"""The status that each order makes."""


class ManyChanges(ManyOrders):
    """Suspends, resumes or closes each of them."""

    def __init__(self, seller: SellerClient, change: LifecycleChange, order: LifecycleOrder) -> None:
        self.name = change
        self._subscriptions = seller.subscriptions
        self._change = change
        self._order = order

    def seems_done(self, target: Target) -> bool:
        """Whether visibility shows it with the status that is ordered."""
        return target.esim is not None and target.esim.status == MADE[self._change]

    async def carry_out(self, target: Target, seconds: float) -> bool:
        """Has it carried out; False if it goes on after so many seconds."""
        made = MADE[self._change]
        try:
            changed = await self._subscriptions.change_within(target.endpoint_id, self._change, self._order, seconds)
        except SellerError as error:
            if (self._change, error.type) != ("close", "NotFound"):
                raise
            changed = await self._subscriptions.get(target.endpoint_id)
            if changed.status != made:
                raise
        return changed is not None and changed.status == made


class ManyRemovals(ManyOrders):
    """Takes an add-on off each of them: that of the purchase which the target names, or all of one product."""

    name = "remove-addon"

    def __init__(
        self, seller: SellerClient, *, product: str | None, reason: str, ordered_by: str | None, bulk: str
    ) -> None:
        self._seller = seller
        self._product = product
        self._reason, self._ordered_by, self._bulk = reason, ordered_by, bulk

    async def is_done(self, target: Target) -> bool:
        """Whether there is nothing to take off any more."""
        if target.purchase_id:
            return (await self._seller.addons.get(target.endpoint_id, target.purchase_id)).status == "removed"
        return not await self._to_remove(target)

    async def carry_out(self, target: Target, seconds: float) -> bool:
        """Has it carried out; False if it goes on after so many seconds, for each add-on."""
        purchases = [target.purchase_id] if target.purchase_id else await self._to_remove(target)
        are_off = True
        for purchase_id in purchases:
            order = self._order(purchase_id)
            addon = await self._seller.repayments.remove_addon_within(target.endpoint_id, order, seconds)
            are_off = are_off and addon is not None and addon.status == "removed"
        return are_off

    def _order(self, purchase_id: str) -> RemovalOrder:
        return RemovalOrder(purchase_id=purchase_id, reason=self._reason, ordered_by=self._ordered_by, bulk=self._bulk)

    async def _to_remove(self, target: Target) -> list[str]:
        esim = await self._seller.subscriptions.get(target.endpoint_id)
        return [addon.purchase_id for addon in esim.addons if self._is_meant(addon)]

    def _is_meant(self, addon: Addon) -> bool:
        return addon.product == self._product and addon.status in ("pending", "provisioned")


class ManyPurchases(ManyOrders):
    """Buys one add-on for each of them, under a purchase id that is the same whenever the order is given."""

    name = "buy-addon"

    def __init__(self, seller: SellerClient, catalog: Catalog, bulk: str) -> None:
        self._addons = seller.addons
        self._catalog = catalog
        self._bulk = bulk

    async def is_done(self, target: Target) -> bool:
        """Whether the purchase is known and provisioned."""
        known = await self._addons.known(target.endpoint_id, self._purchase(target))
        if known and known.status == "removed":
            why = f"Purchase {known.purchase_id} was made, and taken off again: another one needs another purchase id"
            raise SellerError(INVALID_REQUEST, why)
        return known is not None and known.status == "provisioned"

    async def carry_out(self, target: Target, seconds: float) -> bool:
        """Buys it; False if it is pending after so many seconds."""
        addon = await self._addons.buy_within(target.endpoint_id, self._purchase(target), seconds)
        return addon.status == "provisioned"

    def _purchase(self, target: Target) -> AddonPurchase:
        product = target.product or ""
        return AddonPurchase(
            purchase_id=target.purchase_id or "",
            product=product,
            plan_id=self._catalog.plan_of(product),
            bulk=self._bulk,
        )


class ManyRenewals(ManyOrders):
    """Has each of them begin a new run whose run began before a moment."""

    name = "renew"

    def __init__(self, seller: SellerClient, before: datetime) -> None:
        self._renewals = seller.renewals
        self._before = before

    async def is_done(self, target: Target) -> bool:
        """Whether its run is newer than that."""
        return (await self._renewals.current(target.endpoint_id)).began >= self._before

    async def carry_out(self, target: Target, seconds: float) -> bool:
        """Has it begin; False if what is under way takes longer than so many seconds."""
        return await self._renewals.renew_within(target.endpoint_id, seconds) is not None
