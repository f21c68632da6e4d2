"""Subscriptions as Temporal's visibility finds them, by their search attributes."""

from collections.abc import Iterator

from temporalio.client import WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from contract.ids import TravelerId
from contract.message import Message
from contract.search_attributes import STATUS, TRAVELER_ID
from contract.subscription import ShownStatus
from contract.workflow_ids import endpoint_id_of
from seller.errors import SellerError
from seller.server import Server
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
        yield "WorkflowType = 'TravelerSubscriptionWorkflow'"
        if self.traveler_id:
            yield f"{TRAVELER_ID.name} = '{self.traveler_id}'"
        if self.status == "terminated":
            yield CONDITION
        elif self.status:
            yield f"ExecutionStatus IN ('Running', 'Completed') AND {STATUS.name} = '{self.status}'"
        else:
            yield f"(ExecutionStatus IN ('Running', 'Completed') OR {CONDITION})"


class FoundSubscription(Message):
    """A subscription as its search attributes show it; None where a run of long ago has none."""

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


class FoundSubscriptions(Message):
    """In the order of visibility; ``truncated`` if there are more than were asked for."""

    subscriptions: list[FoundSubscription]
    truncated: bool


async def find(server: Server, search: Search, limit: int) -> FoundSubscriptions:
    """The newest subscriptions that match, at most ``limit``; visibility can lag some moments behind.

    Raises:
        SellerError: ``NotRegistered`` if the namespace does not know the search attributes.
        NoAnswer: if the server does not answer in time.
    """
    runs = await listed(server, search.query, limit + 1)
    found = await server.answers(not_brought_back(server.client, runs[:limit]))
    return FoundSubscriptions(subscriptions=[FoundSubscription.of(run) for run in found], truncated=len(runs) > limit)


async def listed(server: Server, query: str, limit: int) -> list[WorkflowExecution]:
    """The newest runs that match a query of visibility, at most ``limit``. Raises what ``find`` raises."""

    async def runs() -> list[WorkflowExecution]:
        return [run async for run in server.client.list_workflows(query, limit=limit, page_size=limit)]

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
