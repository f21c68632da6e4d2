"""Subscriptions, one for each eSIM that was sold: looked at, read, suspended, resumed and closed."""

import asyncio
from typing import Final, Literal

from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.search_attributes import TRAVELER_ID
from contract.subscription import LifecycleOrder, ShownSubscription, Subscription, SubscriptionStatus
from seller.errors import NoAnswer, SellerError, not_found
from seller.past_sales import sold_as
from seller.search import Search, find
from seller.server_client import ServerClient
from seller.updates import Update, carry_out, carry_out_within, read_subscription, subscription_run

MOST_ESIMS: Final = 100
"""Of one traveler, that are found."""

UNSOLD: Final[set[SubscriptionStatus]] = {"provisioning", "quarantined"}
"""Statuses of an eSIM that no traveler has."""

LifecycleChange = Literal["suspend", "resume", "close"]

REFRESH: Final = Update("refresh_usage", Subscription)


class Subscriptions(ServerClient):
    """The subscriptions of all travelers.

    ``name`` is the id of a subscription or of its endpoint. An order that was accepted goes on, also where nobody waits
    for it any more.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    async def get(self, name: str) -> ShownSubscription:
        """One subscription with its add-ons, as it stands; as it last stood, and with status ``terminated``, if it was
        ended from outside.

        Raises a SellerError: ``NotFound`` if there is none, ``Terminated`` if nobody can tell how it stood.
        """
        return _shown(*await read_subscription(self._server, subscription_run(self._client, name)))

    async def of_traveler(self, traveler_id: str) -> list[ShownSubscription]:
        """Those of a traveler, but for eSIMs that were not sold in the end. Raises what is wrong with the first that
        cannot be read."""
        esims, unseen = await self.seen_of_traveler(traveler_id)
        if unseen:
            raise unseen[0]
        return esims

    async def seen_of_traveler(self, traveler_id: str) -> tuple[list[ShownSubscription], list[BaseException]]:
        """Those of a traveler that can be read, and what is wrong with each that cannot."""
        found = await find(self._server, Search(traveler_id=traveler_id), MOST_ESIMS)
        runs = [subscription_run(self._client, one.endpoint_id) for one in found.subscriptions]
        asked = await asyncio.gather(*(read_subscription(self._server, run) for run in runs), return_exceptions=True)
        seen = [read for read in asked if not isinstance(read, BaseException)]
        esims = [_shown(esim, is_ended) for esim, is_ended in seen if esim.status not in UNSOLD]
        # Visibility may still list what Temporal has just forgotten.
        unseen = [error for error in asked if isinstance(error, BaseException) and not _is_not_found(error)]
        return esims, unseen

    async def get_of_traveler(self, traveler_id: str, endpoint_id: str) -> ShownSubscription:
        """One subscription of a traveler.

        Raises a SellerError, ``NotFound``, in the same words if there is none, it is somebody else's, or was not sold.
        """
        try:
            esim, is_ended = await read_subscription(self._server, subscription_run(self._client, endpoint_id))
        except NoAnswer as silence:
            if silence.type != "NoTemporalServer" and await self._is_of_another(traveler_id, endpoint_id):
                raise not_found(subscription_run(self._client, endpoint_id).id) from None
            raise
        if esim.traveler_id != traveler_id or esim.endpoint_id != endpoint_id or esim.status in UNSOLD:
            raise not_found(subscription_run(self._client, endpoint_id).id)
        return _shown(esim, is_ended)

    async def sold_as(self, esim: Subscription) -> ProvisionedEsim:
        """What was sold when this eSIM was, with its activation code.

        Raises a SellerError, ``NotFound``, if it was not.
        """
        run = subscription_run(self._client, esim.endpoint_id)
        sold = await sold_as(self._server, run)
        if sold is None:
            raise not_found(f"sale of {run.id}")
        return sold

    async def refresh_usage(self, name: str) -> Subscription:
        """Has SFT say what is left of each add-on, and returns the subscription with that."""
        return await carry_out(self._server, subscription_run(self._client, name), REFRESH)

    async def refresh_usage_within(self, name: str, seconds: float) -> Subscription | None:
        """Has SFT say what is left of each add-on; None if SFT takes longer than so many seconds."""
        return await carry_out_within(self._server, subscription_run(self._client, name), REFRESH, seconds)

    async def change(self, name: str, change: LifecycleChange, order: LifecycleOrder) -> Subscription:
        """Suspends, resumes or closes an eSIM, and returns the subscription once SFT has done it.

        Raises a SellerError: what SFT refused; ``NotFound`` if the subscription has ended.
        """
        update = Update(change, Subscription, order)
        return await carry_out(self._server, subscription_run(self._client, name), update)

    async def change_within(
        self, name: str, change: LifecycleChange, order: LifecycleOrder, seconds: float
    ) -> Subscription | None:
        """Suspends, resumes or closes an eSIM; None if that goes on after so many seconds.

        Raises a SellerError: what SFT refused; ``NotFound`` if the subscription has ended.
        """
        update = Update(change, Subscription, order)
        return await carry_out_within(self._server, subscription_run(self._client, name), update, seconds)

    async def look_soon(self, name: str) -> bool:
        """Has the usage of an eSIM read within a minute. Whether there is such an eSIM that lives."""
        try:
            await self._server.answers(subscription_run(self._client, name).signal("look_soon"))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _is_of_another(self, traveler_id: str, endpoint_id: str) -> bool:
        """What Temporal can tell without a worker."""
        run = await self._server.answers(subscription_run(self._client, endpoint_id).describe())
        return run.typed_search_attributes.get(TRAVELER_ID, traveler_id) != traveler_id


def _shown(esim: Subscription, is_ended: bool) -> ShownSubscription:
    return ShownSubscription(**dict(esim) | ({"status": "terminated"} if is_ended else {}))


def _is_not_found(error: BaseException) -> bool:
    return isinstance(error, SellerError) and error.type == "NotFound"
