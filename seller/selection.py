"""Which eSIMs an order for many is about: all that visibility finds, or those that somebody names."""

from collections.abc import Iterable, Sequence
from typing import Final

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contract.failure import INVALID_REQUEST
from contract.workflow_ids import SUBSCRIPTION_TYPE, is_subscription_id, subscription_id
from seller.errors import SellerError
from seller.search import FoundSubscription
from seller.server import Server
from temporal.ended_outside import CONDITION, ENDED_OUTSIDE, not_brought_back

PAGE: Final = 1000
"""Runs that visibility is asked for at once: the most that it gives."""

NAMED_AT_ONCE: Final = 100

OVER: Final = ("closed", "quarantined")
"""Statuses of eSIMs that take no orders any more."""


async def select(server: Server, condition: str) -> list[FoundSubscription]:
    """Every eSIM that matches a condition in visibility's query language and still takes orders, the newest first; also
    those that were ended from outside, which an operator has to bring back. Visibility can lag some moments behind.

    Raises:
        SellerError: ``InvalidRequest`` if the server does not take the condition.
        NoAnswer: if the server does not answer in time.
    """
    living = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND (ExecutionStatus = 'Running' OR {CONDITION})"
    found = await _found(server, f"{living} AND ({condition})")
    return [one for one in found if one.status not in OVER]


async def select_named(server: Server, endpoint_ids: Sequence[str]) -> dict[str, FoundSubscription]:
    """The eSIMs of these endpoints that visibility knows, by their endpoint ids; also those that are over.

    The ids are put into a query as they are: made of letters, digits, ``.``, ``_`` and ``-``. Raises as ``select``.
    """
    known = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND (ExecutionStatus IN ('Running', 'Completed') OR {CONDITION})"
    found: dict[str, FoundSubscription] = {}
    for start in range(0, len(endpoint_ids), NAMED_AT_ONCE):
        some = endpoint_ids[start : start + NAMED_AT_ONCE]
        ids = ", ".join(f"'{subscription_id(endpoint_id)}'" for endpoint_id in some)
        found |= {one.endpoint_id: one for one in await _found(server, f"{known} AND WorkflowId IN ({ids})")}
    return found


async def _found(server: Server, query: str) -> list[FoundSubscription]:
    runs: dict[str, WorkflowExecution] = {}
    for run in await _listed(server, query):
        is_newer = run.id not in runs or runs[run.id].status in ENDED_OUTSIDE  # it was brought back, and goes on
        if run.workflow_type == SUBSCRIPTION_TYPE and is_subscription_id(run.id) and is_newer:
            runs[run.id] = run
    ended = [run for run in runs.values() if run.status in ENDED_OUTSIDE]
    left = set[str]()
    for start in range(0, len(ended), NAMED_AT_ONCE):
        some = await server.answers(not_brought_back(server.client, ended[start : start + NAMED_AT_ONCE]))
        left |= {run.id for run in some}
    return [FoundSubscription.of(run) for run in _last(runs.values(), left)]


def _last(runs: Iterable[WorkflowExecution], left: set[str]) -> Iterable[WorkflowExecution]:
    """Without what visibility lists as ended from outside and something has followed since."""
    statuses = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
    return (run for run in runs if run.status in statuses or run.id in left)


async def _listed(server: Server, query: str) -> list[WorkflowExecution]:
    found: list[WorkflowExecution] = []
    pages = server.client.list_workflows(query, page_size=PAGE)
    try:
        while pages.current_page is None or pages.next_page_token:
            await server.answers(pages.fetch_next_page())
            found += pages.current_page or []
    except RPCError as error:
        if error.status != RPCStatusCode.INVALID_ARGUMENT:
            raise
        raise SellerError(
            INVALID_REQUEST,
            f"The Temporal server does not take this query: {error.message.rstrip('.')}; search attributes that it "
            "does not know are registered with: python worker.py --register-search-attributes",
        ) from None
    return found
