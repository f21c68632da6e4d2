"""Subscriptions as Temporal's visibility finds them, by their search attributes."""

import asyncio
from collections.abc import Iterator
from typing import Final

from temporalio.client import WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from contract.ids import TravelerId
from contract.message import Message
from contract.search_attributes import STATUS, TRAVELER_ID
from contract.subscription import ShownStatus
from contract.workflow_ids import SUBSCRIPTION_TYPE, endpoint_id_of, is_subscription_id
from seller.errors import SellerError
from seller.own_runs import known_claim
from seller.server import Server
from seller.updates import subscription_run
from temporal.encryption.sealed import Undecipherable
from temporal.ended_outside import CONDITION, ENDED_OUTSIDE, not_brought_back


class Search(Message):
    """What is looked for. Its fields go into a query, and are therefore no free text."""

    traveler_id: TravelerId | None = None
    status: ShownStatus | None = None

    @property
    def query(self) -> str:
        """The search in the query language of visibility, without eSIMs that were not sold and can be sold again."""
        return " AND ".join(self._conditions())

    def _conditions(self) -> Iterator[str]:
        yield f"WorkflowType = '{SUBSCRIPTION_TYPE}'"
        if self.traveler_id:
            yield f"{TRAVELER_ID.name} = '{self.traveler_id}'"
        if self.status == "terminated":
            yield CONDITION
        elif self.status:
            yield f"ExecutionStatus IN ('Running', 'Completed') AND {STATUS.name} = '{self.status}'"
        else:
            yield f"(ExecutionStatus IN ('Running', 'Completed') OR {CONDITION})"


AT_ONCE: Final = 20
"""Runs that are asked for at the same time."""

LONGEST_LIST: Final = 1000
"""What visibility lists in one answer."""


class FoundSubscription(Message):
    """A subscription as its search attributes show it; None where it has none, or nobody here can read what it says."""

    subscription_id: str
    traveler_id: str | None
    endpoint_id: str
    status: str | None

    @classmethod
    def of(cls, run: WorkflowExecution) -> "FoundSubscription":
        """What visibility says about a run."""
        shown = run.typed_search_attributes
        return cls(
            subscription_id=run.id,
            traveler_id=shown.get(TRAVELER_ID),
            endpoint_id=endpoint_id_of(run.id),
            status="terminated" if run.status in ENDED_OUTSIDE else shown.get(STATUS),
        )

    def unread(self) -> "FoundSubscription":
        """What Temporal itself knows of it."""
        status = self.status if self.status == "terminated" else None
        return self.model_copy(update={"traveler_id": None, "status": status})


class FoundSubscriptions(Message):
    """In the order of visibility; ``truncated`` if there are more than were asked for."""

    subscriptions: list[FoundSubscription]
    truncated: bool


async def find(server: Server, search: Search, limit: int) -> FoundSubscriptions:
    """The newest subscriptions that match, at most ``limit``, without those that visibility lists as what their runs do
    not say. It can lag some moments behind. One that nobody here can read is among them, without what anybody may have
    said of it.

    Raises:
        SellerError: ``NotRegistered`` if the namespace does not know the search attributes.
        NoAnswer: if the server does not answer in time.
    """
    found = await find_listed(server, search, limit)
    one_of_few = asyncio.Semaphore(AT_ONCE)

    async def as_it_is(one: FoundSubscription) -> FoundSubscription | None:
        async with one_of_few:
            try:
                claim = await known_claim(server, subscription_run(server.client, one.subscription_id))
            except Undecipherable:
                return one.unread()
        return one if claim and claim.subscription.traveler_id == one.traveler_id else None

    asked = await asyncio.gather(*map(as_it_is, found.subscriptions))
    found.subscriptions = [one for one in asked if one]
    return found


async def find_listed(server: Server, search: Search, limit: int, offset: int = 0) -> FoundSubscriptions:
    """What visibility lists after the first ``offset``, by whoever started it: not to be shown before its run was
    asked. Raises as ``find``."""
    runs = (await listed(server, search.query, offset + limit + 1))[offset:]
    last = await server.answers(not_brought_back(server.client, runs[:limit]))
    found = [FoundSubscription.of(run) for run in last if is_subscription_id(run.id)]
    return FoundSubscriptions(subscriptions=found, truncated=len(runs) > limit)


async def listed(server: Server, query: str, limit: int) -> list[WorkflowExecution]:
    """The newest of this seller's runs that match a query of visibility, ``limit`` at most. Raises as ``find``."""

    async def runs() -> list[WorkflowExecution]:
        own = f"({query}) AND {server.own_runs}"
        return [run async for run in server.client.list_workflows(own, limit=limit, page_size=min(limit, LONGEST_LIST))]

    try:
        return await server.answers(runs())
    except RPCError as error:
        if error.status != RPCStatusCode.INVALID_ARGUMENT:
            raise
        raise SellerError(
            "NotRegistered",
            f"Namespace {server.client.namespace} does not know the search attributes that subscriptions are found by; "
            "register them with: python worker.py --register-search-attributes",
        ) from None
