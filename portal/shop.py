"""The shop: what is on sale, and how long somebody at a web page or a REST call is kept waiting for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.order import LifecycleOrder, Refund, RefundOrder, RemovalOrder
from contract.purchase import AddonPurchase, PlanAmendment
from contract.subscription import Subscription
from seller.addons import has_ended
from seller.catalog import Catalog, UnknownProduct
from seller.catalog_product import CatalogProduct
from seller.client import SellerClient
from seller.errors import SellerError, seller_error
from seller.sales import Begun, Sale
from seller.subscriptions import LifecycleChange

ORDER_SECONDS: Final = 10.0
"""How long somebody who waits for an order is kept waiting, before being told that it goes on."""

LOOK_SECONDS: Final = 3.0
"""Of those, for the look how far a sale has come that is not over by then."""

WORKER_SECONDS: Final = 1.5
"""Of those, for a worker to answer."""


class Shop:
    """A seller with a catalog, which is asked for each time: it may change. Where ``seconds`` is None, somebody is kept
    waiting for ``order_seconds``.

    What it raises is what seller/ raises.
    """

    def __init__(self, seller: SellerClient, catalog: Callable[[], Catalog]) -> None:
        self.seller = seller
        self.catalog = catalog
        self.order_seconds = ORDER_SECONDS
        """How long an order is waited for where the caller does not say."""

    @property
    def products(self) -> Mapping[str, str]:
        """The planId of each product on sale, hidden ones too."""
        return self.catalog().plans

    def named(self, product: str) -> str | None:
        """The name of a product on sale, by that or by one that looks the same; None if it is not on sale."""
        return self.catalog().named(product)

    def find(self, product: str) -> str | None:
        """The planId of a product on sale, by its name or one that looks the same; None if it is not on sale."""
        name = self.catalog().named(product)
        return None if name is None else self.products[name]

    def details(self, product: str, plan_id: str | None = None) -> CatalogProduct | None:
        """What the catalog tells of something that was bought: how much, for how long, where; None if nothing."""
        return self.catalog().details(product, plan_id)

    def access_point(self, addons: Sequence[Addon]) -> str | None:
        """The APN that a phone has to be told for what is on an eSIM: that of the newest which has one."""
        known = (self.details(addon.product, addon.plan_id) for addon in reversed(addons) if not has_ended(addon))
        return next((details.apn for details in known if details and details.apn), None)

    def plan_of(self, product: str) -> str:
        """The planId of a product on sale; raises a SellerError, ``InvalidRequest``, if it is not."""
        try:
            return self.catalog().plan_of(product)
        except UnknownProduct as unknown:
            raise seller_error(unknown) from None

    async def sold_soon(self, purchase_id: str, seconds: float | None = None) -> ProvisionedEsim | None:
        """What was sold, waited for with time left for a look at it; None if it goes on after that."""
        return await self.seller.sales.sold_within(purchase_id, max(0.0, self._patience(seconds) - LOOK_SECONDS))

    async def look(self, purchase_id: str) -> tuple[Sale | Begun, ProvisionedEsim | None]:
        """How far a first purchase has come, as far as that is told while somebody waits for an order; and what was
        sold, if it was."""
        return await self.seller.sales.look(purchase_id, WORKER_SECONDS)

    async def cancel(self, sale: Begun, seconds: float | None = None) -> None:
        """Cancels a first purchase, and waits until it has given back what it holds. If it is over by now, or was sold
        all the same, a look says so."""
        await self._until_over(self.seller.operators.cancel(sale.purchase_id, sale.run_id), sale, seconds)

    async def amend(self, sale: Begun, amendment: PlanAmendment, seconds: float | None = None) -> None:
        """Has another plan provisioned than the one that SFT refused, and waits for what was sold. Raises a
        SellerError, ``InvalidRequest``, unless the purchase waits for that."""
        await self._until_over(self.seller.operators.amend(sale.purchase_id, amendment, sale.run_id), sale, seconds)

    async def _until_over(self, order: Awaitable[object], sale: Begun, seconds: float | None) -> None:
        try:
            await order
        except SellerError as error:
            if error.type != "NotFound":  # it was over before the order came
                raise
        with suppress(SellerError):  # what it failed with, which a look tells as well
            await self.sold_soon(sale.purchase_id, seconds)

    async def buy_addon(self, endpoint_id: str, purchase: AddonPurchase, seconds: float | None = None) -> Addon:
        """Buys an add-on, once; ``pending`` if it is not provisioned after the wait."""
        return await self.seller.addons.buy_within(endpoint_id, purchase, self._patience(seconds))

    async def refresh(self, endpoint_id: str, seconds: float | None = None) -> Subscription | None:
        """Reads usage now; None if SFT takes longer than the wait."""
        return await self.seller.subscriptions.refresh_usage_within(endpoint_id, self._patience(seconds))

    async def change(
        self, endpoint_id: str, change: LifecycleChange, order: LifecycleOrder, seconds: float | None = None
    ) -> Subscription | None:
        """Suspends, resumes or closes an eSIM; None if that is still under way after the wait."""
        return await self.seller.subscriptions.change_within(endpoint_id, change, order, self._patience(seconds))

    async def remove_addon(self, endpoint_id: str, order: RemovalOrder, seconds: float | None = None) -> Addon | None:
        """Takes an add-on off an eSIM; None if that is still under way after the wait."""
        return await self.seller.repayments.remove_addon_within(endpoint_id, order, self._patience(seconds))

    async def refund(self, endpoint_id: str, order: RefundOrder, seconds: float | None = None) -> Refund | None:
        """Closes an eSIM that was never used, or says why it was; None if that is not decided after the wait."""
        return await self.seller.repayments.refund_within(endpoint_id, order, self._patience(seconds))

    def _patience(self, seconds: float | None) -> float:
        return self.order_seconds if seconds is None else seconds
