"""Add-ons for eSIMs that were sold before."""

from typing import cast

from temporalio.service import RPCError, RPCStatusCode

from contract.addon import Addon
from contract.purchase import AddonPurchase, ClaimedFor
from contract.sale_entry import PurchasesFrom
from contract.subscription import Subscription
from seller.conflict import refuse_another_purchase
from seller.errors import SellerError, not_found
from seller.own_runs import claim_of, known_claim
from seller.server_client import ServerClient
from seller.updates import GOES_ON, Update, carry_out, carry_out_within, saying_why_gone, subscription_run


def has_ended(addon: Addon) -> bool:
    """Whether nothing is to be expected of an add-on any more: it failed, was taken off or used up, or has
    expired."""
    return addon.status in ("failed", "removed") or (
        addon.usage is not None and addon.usage.state in ("used_up", "expired")
    )


def update_id(purchase_id: str, known: Addon | None) -> str:
    """The id of the update that buys an add-on, or waits for it: the purchase id, and ``<purchase id>/<attempt>`` where
    that failed before. ``known`` is what query ``addon`` answers.

    Many at once are one that way. Temporal keeps a failure under its id: each attempt needs one of its own.
    """
    attempt = _attempt(known)
    return purchase_id if attempt == 1 else f"{purchase_id}/{attempt}"


class Addons(ServerClient):
    """Sells add-ons. ``name`` is the id of a subscription or of its endpoint; every purchase is bought once, however
    often it is sent.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    async def buy(self, name: str, purchase: AddonPurchase) -> Addon:
        """Buys an add-on and returns it once it is provisioned, which takes as long as SFT takes; ``pending``, at once,
        where the eSIM is suspended or enough others wait for it. What becomes of it then, ``get`` tells.

        Raises a SellerError: the failure of the add-on; ``InvalidRequest`` if its id is known with other contents;
        ``NotFound`` if the subscription has ended.
        """
        run = subscription_run(self._client, name)
        claim = await claim_of(self._server, run)
        known = await self.known(name, purchase, claim)
        if known and known.status == "provisioned":
            return known
        try:
            addon = await carry_out(self._server, run, _update(purchase, known), claim)
        except SellerError as error:
            if error.type != GOES_ON:
                raise
            addon = None
        return addon if addon and addon.status == "provisioned" else await self._as_it_stands(name, purchase)

    async def buy_within(self, name: str, purchase: AddonPurchase, seconds: float) -> Addon:
        """Buys an add-on, and waits so many seconds for it; as it stands then, ``pending`` if it is not provisioned.

        Raises:
            Conflict: if the purchase id is known with other contents.
            SellerError: the failure of the add-on; ``NotFound`` if the subscription has ended.
        """
        run = subscription_run(self._client, name)
        claim = await claim_of(self._server, run)
        known = await self.known(name, purchase, claim)
        if known and known.status == "provisioned":
            return known
        addon = await carry_out_within(self._server, run, _update(purchase, known), seconds, claim)
        if addon:
            refuse_another_purchase(addon, purchase)
        return addon or Addon(**purchase.model_dump(), attempt=_attempt(known))

    async def _as_it_stands(self, name: str, purchase: AddonPurchase) -> Addon:
        addon = await self.get(name, purchase.purchase_id)
        if addon.error:
            raise SellerError(addon.error.type, addon.error.message)
        return addon

    async def send(self, name: str, purchase: AddonPurchase) -> None:
        """Sends an add-on purchase without waiting for what becomes of it.

        Raises a SellerError, ``NotFound``, if the subscription has ended.
        """
        run = subscription_run(self._client, name)
        await claim_of(self._server, run)
        async with saying_why_gone(self._server, run):
            await self._server.answers(run.signal("addon_purchased", purchase))

    async def known(self, name: str, purchase: AddonPurchase, claim: ClaimedFor | None = None) -> Addon | None:
        """What has become of this purchase; None if it is new. Raises Conflict if its id is known otherwise. ``claim``
        is what the subscription was started with, if that was read."""
        try:
            addon = await self.get(name, purchase.purchase_id, claim)
        except SellerError as error:
            if error.type != "NotFound":
                raise
            return None
        refuse_another_purchase(addon, purchase)
        return addon

    async def get(self, name: str, purchase_id: str, claim: ClaimedFor | None = None) -> Addon:
        """An add-on by the purchase that it was bought with; raises a SellerError, ``NotFound``, if there is none."""
        run = subscription_run(self._client, name)
        wanted = cast("type[Addon | None]", Addon | None)
        asked = run.query("addon", {"purchase_id": purchase_id}, result_type=wanted)
        nothing = not_found(f"add-on {purchase_id} on endpoint {name}")
        try:
            addon: Addon | None = await self._server.worker_answers(run, asked)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            raise nothing from None
        # Read also where it knows of no such add-on: none is ordered of a run that cannot be read here.
        is_ours = claim or await known_claim(self._server, run)
        if addon is None or addon.purchase_id != purchase_id or not is_ours:
            raise nothing
        return addon

    async def bought(self, esim: Subscription, start: int) -> tuple[list[Addon], bool]:
        """All that were ever bought for an eSIM, the first one first, without what they had left: a thousand at most
        after the first ``start``, and whether there are more. It is an eSIM that was read before."""
        run = subscription_run(self._client, esim.endpoint_id)
        asked = run.query("purchases", PurchasesFrom(start=start), result_type=Subscription)
        async with saying_why_gone(self._server, run):
            page = await self._server.worker_answers(run, asked)
        if (page.subscription_id, page.traveler_id) != (esim.subscription_id, esim.traveler_id):
            raise not_found(run.id)
        return page.addons, page.archived > 0


def _attempt(known: Addon | None) -> int:
    """Which attempt it is that is under way, or begins when it is sent now."""
    return known.attempt + (known.status == "failed") if known else 1


def _update(purchase: AddonPurchase, known: Addon | None) -> Update[Addon]:
    return Update("purchase_addon", Addon, purchase, update_id(purchase.purchase_id, known))
