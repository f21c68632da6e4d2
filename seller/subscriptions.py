"""Subscriptions, one for each eSIM that was sold: looked at, read, suspended, resumed and closed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.message import Message
from contract.order import LifecycleOrder, ResendOrder
from contract.profile import ProfileReport
from contract.search_attributes import TRAVELER_ID
from contract.subscription import Naming, SetAsideReference, ShownSubscription, Subscription, SubscriptionStatus
from seller.errors import RAISED, NoAnswer, not_found, seller_error
from seller.numbers import Key, with_numbers
from seller.own_runs import claim_of
from seller.past_sales import require_code, sold_as
from seller.search import AT_ONCE, FoundSubscription, Search, find_listed
from seller.server_client import ServerClient
from seller.updates import Update, carry_out, carry_out_within, read_subscription, subscription_run
from temporal.encryption.sealed import Undecipherable

MOST_ESIMS: Final = 100
"""Of one traveler, that are asked for one look at them."""

LAST_OFFSET: Final = 900
"""How many of one traveler's can be passed over: a thousand of them are found at all."""

UNSOLD: Final[set[SubscriptionStatus]] = {"provisioning", "quarantined"}
"""Statuses of an eSIM that no traveler has."""

NOBODY: Final = ("NoTemporalServer", "NoWorker")
"""Types of errors that are about no eSIM in particular."""

LifecycleChange = Literal["suspend", "resume", "close"]

REFRESH: Final = Update("refresh_usage", Subscription)


class UnreadableEsim(Message):
    """An eSIM that there is and that cannot be read: the type and the message of the SellerError that says why."""

    subscription_id: str
    endpoint_id: str
    type: str
    reason: str


@dataclass(frozen=True)
class TravelerEsims:
    """Some eSIMs of a traveler, and whether there may be more after them."""

    esims: list[ShownSubscription | UnreadableEsim]
    has_more: bool


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

    async def of_traveler(self, traveler_id: str) -> list[ShownSubscription | UnreadableEsim]:
        """The newest hundred of a traveler, as ``some_of_traveler`` tells them."""
        return (await self.some_of_traveler(traveler_id)).esims

    async def some_of_traveler(self, traveler_id: str, limit: int = MOST_ESIMS, offset: int = 0) -> TravelerEsims:
        """Those of a traveler, the newest first, ``limit`` at most after the first ``offset``; without eSIMs that were
        not sold in the end. One that cannot be read is among them, with what is wrong with it, and keeps nobody from
        the others.

        Raises NoAnswer if there is no worker who could tell of any.
        """
        found = await find_listed(self._server, Search(traveler_id=traveler_id), limit, offset)
        one_of_few = asyncio.Semaphore(AT_ONCE)

        async def seen(one: FoundSubscription) -> ShownSubscription | UnreadableEsim | None:
            async with one_of_few:
                return await self._seen(traveler_id, one)

        esims = await asyncio.gather(*map(seen, found.subscriptions))
        unread = [esim for esim in esims if isinstance(esim, UnreadableEsim)]
        nobody = [esim for esim in unread if esim.type in NOBODY]
        # Where others are answered, one that is not is its own problem: anybody may have had it listed.
        if nobody and len(nobody) == len(esims) and not await self._server.answers(self._server.workers_poll()):
            raise NoAnswer(nobody[0].type, nobody[0].reason)
        return TravelerEsims([esim for esim in esims if esim], has_more=found.truncated)

    async def _seen(self, traveler_id: str, found: FoundSubscription) -> ShownSubscription | UnreadableEsim | None:
        # Whose an eSIM is, its own run says: search attributes are what whoever started some run said.
        try:
            return await self.get_of_traveler(traveler_id, found.endpoint_id)
        except RAISED as error:
            problem = seller_error(error)
        if problem.type == "NotFound":  # also what visibility still lists, and Temporal has just forgotten
            return None
        return UnreadableEsim(
            subscription_id=found.subscription_id,
            endpoint_id=found.endpoint_id,
            type=problem.type,
            reason=problem.message,
        )

    async def get_of_traveler(self, traveler_id: str, endpoint_id: str) -> ShownSubscription:
        """One subscription of a traveler.

        Raises a SellerError, ``NotFound``, in the same words if there is none, it is somebody else's, or was not sold.
        """
        run = subscription_run(self._client, endpoint_id)
        try:
            claim = await claim_of(self._server, run)
        except Undecipherable:
            if await self._is_listed_for_another(traveler_id, endpoint_id):
                raise not_found(run.id) from None
            raise
        if claim.subscription.traveler_id != traveler_id or claim.subscription.endpoint_id != endpoint_id:
            raise not_found(run.id)
        esim, is_ended = await read_subscription(self._server, run, claim)
        if esim.status in UNSOLD:
            raise not_found(run.id)
        return _shown(esim, is_ended)

    async def sold_as(self, esim: Subscription) -> ProvisionedEsim:
        """What was sold when this eSIM was, with its activation code.

        Raises a SellerError, ``NotFound``, if it was not, if this is not the eSIM that its run was started for, or if
        it was taken over and SFT does not tell its activation code.
        """
        run = subscription_run(self._client, esim.endpoint_id)
        claim = await claim_of(self._server, run)
        sold = await sold_as(self._server, run, claim) if claim.is_shown_by(esim) else None
        if sold is None:
            raise not_found(f"sale of {run.id}")
        return require_code(sold)

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

    async def resend(self, name: str, order: ResendOrder) -> Subscription:
        """Has the eSIM mailed once more, and returns the subscription at once: its ``delivery`` tells how that goes.

        Raises a SellerError: ``InvalidRequest`` if there is no address, or nothing to install; ``NotFound`` if the
        subscription has ended.
        """
        update = Update("resend", Subscription, order)
        return await carry_out(self._server, subscription_run(self._client, name), update)

    async def name_esim(self, name: str, naming: Naming) -> Subscription:
        """Keeps what its traveler calls an eSIM, and returns the subscription with that at once.

        Raises a SellerError: ``InvalidRequest`` if it was not sold; ``NotFound`` if the subscription has ended.
        """
        update = Update("name_esim", Subscription, naming)
        return await carry_out(self._server, subscription_run(self._client, name), update)

    async def drop_set_aside(self, name: str, number: int) -> Subscription:
        """Drops a message that was set aside because nobody has its key: it will never be taken up.

        Raises a SellerError: ``InvalidRequest`` if none of this number is set aside; ``NotFound`` if the subscription
        has ended.
        """
        update = Update("drop_set_aside", Subscription, SetAsideReference(number=number))
        return await carry_out(self._server, subscription_run(self._client, name), update)

    async def look_soon(self, name: str) -> bool:
        """Has the usage of an eSIM read within a minute. Whether there is such an eSIM that lives."""
        return await self._signal(name, "look_soon")

    async def profile_changed(self, name: str, report: ProfileReport) -> bool:
        """Tells an eSIM what became of its profile. Whether there is such an eSIM that lives."""
        return await self._signal(name, "profile_changed", report)

    async def with_numbers(self, iccids: Mapping[str, Key], msisdns: Mapping[str, Key]) -> dict[Key, str]:
        """The endpoint ids of eSIMs that live, by the keys that stand here beside the digests of their numbers.

        Raises a SellerError, ``NotRegistered``, if the namespace does not know the search attributes.
        """
        return await with_numbers(self._server, iccids, msisdns)

    async def _signal(self, name: str, signal: str, *report: ProfileReport) -> bool:
        try:
            await self._server.answers(subscription_run(self._client, name).signal(signal, args=report))
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _is_listed_for_another(self, traveler_id: str, endpoint_id: str) -> bool:
        """What Temporal can tell of a run that nobody here can read."""
        run = await self._server.answers(subscription_run(self._client, endpoint_id).describe())
        return run.typed_search_attributes.get(TRAVELER_ID, traveler_id) != traveler_id


def _shown(esim: Subscription, is_ended: bool) -> ShownSubscription:
    return ShownSubscription(**dict(esim) | ({"status": "terminated"} if is_ended else {}))
