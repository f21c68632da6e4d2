"""What somebody asks about: found by its id, by search attributes and digests, or by reading what runs were told."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecution, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from contract.search_attributes import FIRST_PURCHASE_ID, ICCID_DIGEST, TRAVELER_ID
from contract.workflow_ids import (
    PROVISION_TYPE,
    SUBSCRIPTION_TYPE,
    endpoint_id_of,
    is_provision_id,
    is_subscription_id,
    provision_id,
    purchase_id_of,
    subscription_id,
)
from seller.errors import not_found
from seller.past_sales import is_purchase_id
from seller.search import listed
from seller.server import Server
from seller.timeline.opened import JSON, OpenedRun, opened
from temporal.digests import WITHOUT_KEYS, Digests

ICCID: Final = re.compile(r"[0-9]{18,22}[Ff]?")

MOST_LISTED: Final = 200
"""Runs that one search attribute finds."""

MOST_READ: Final = 3000
"""Runs that are read for what no search attribute finds: an address, and the purchase of a top-up."""

AT_ONCE: Final = 20

SUBSCRIPTIONS: Final = f"WorkflowType = '{SUBSCRIPTION_TYPE}'"
SALES: Final = f"WorkflowType = '{PROVISION_TYPE}'"


@dataclass
class Wanted:
    """Whose history it is: that of these purchases and of these endpoints; or, in ``helpers``, of runs by their ids.

    ``is_theirs`` tells by its input whether a subscription's run is the one that is meant: an endpoint may have been
    another traveler's before, and whoever may start runs may have any listed. ``only_purchases`` is whether an
    endpoint's history before and after they had it is left out; ``about`` the one purchase of which alone is told,
    beside what concerns the whole eSIM.
    """

    purchases: set[str] = field(default_factory=set)
    endpoints: set[str] = field(default_factory=set)
    helpers: set[str] = field(default_factory=set)
    is_theirs: Callable[[JSON], bool] | None = None
    only_purchases: bool = False
    about: str | None = None


async def wanted(server: Server, name: str, digests: Digests) -> Wanted:
    """What a name stands for: the id of a purchase, also of a top-up, of a subscription, an endpoint or a traveler; an
    ICCID; an e-mail address; or the workflow id of any other run. Where several would fit, the first of these.

    Raises a SellerError, ``NotFound``, if the server knows nothing of that name.
    """
    found = await _by_form(server, name, digests) or await _by_id(server, name)
    if found is None:
        raise not_found(
            f"purchase, top-up, subscription, endpoint, traveler, ICCID or address {name} (of what no list finds, the "
            f"newest {MOST_READ} runs were read)",
            await server.kept(),
        )
    return found


async def _by_form(server: Server, name: str, digests: Digests) -> Wanted | None:
    """By what it looks like."""
    number = re.sub("[^0-9A-Za-z]", "", name)
    if "@" in name:
        return await _with_address(server, name)
    if is_provision_id(name):
        return Wanted(purchases={purchase_id_of(name)}, only_purchases=True)
    if is_subscription_id(name):
        return Wanted(endpoints={endpoint_id_of(name)})
    return await _with_iccid(server, number, digests) if ICCID.fullmatch(number) else None


async def _by_id(server: Server, name: str) -> Wanted | None:
    if await exists(server, provision_id(name)):
        return Wanted(purchases={name}, only_purchases=True)
    if await exists(server, subscription_id(name)):
        return Wanted(endpoints={name})
    if is_purchase_id(name):  # what none can have may mean anything in a query
        if await listed(server, f"{SUBSCRIPTIONS} AND {FIRST_PURCHASE_ID.name} = '{name}'", 1):
            return Wanted(purchases={name}, only_purchases=True)
        if found := await _of_traveler(server, name):
            return found
    if await exists(server, name):
        return Wanted(helpers={name})
    return await _with_top_up(server, name) if is_purchase_id(name) else None


async def exists(server: Server, workflow_id: str) -> bool:
    """Whether the server knows a run of this id, of this seller's."""
    try:
        description = await server.answers(server.client.get_workflow_handle(workflow_id).describe())
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            return False
        raise
    return description.task_queue == server.task_queue


async def _of_traveler(server: Server, traveler_id: str) -> Wanted | None:
    """Their eSIMs, and their purchases that sold none."""
    runs = await listed(server, f"{SUBSCRIPTIONS} AND {TRAVELER_ID.name} = '{traveler_id}'", MOST_LISTED)
    unsold = await _read(
        server,
        f"{SALES} AND ExecutionStatus != 'Completed'",
        lambda run: run.given.get("traveler_id") == traveler_id,
        only_input=True,
    )
    if not runs and not unsold:
        return None
    purchases = {purchase_id_of(run.workflow_id) for run in unsold}
    return Wanted(
        purchases=purchases,
        endpoints={endpoint_id_of(run.id) for run in runs},
        is_theirs=lambda given: given["subscription"]["traveler_id"] == traveler_id,
    )


async def _with_iccid(server: Server, number: str, digests: Digests) -> Wanted | None:
    among = ", ".join(f"'{digest}'" for digest in digests.iccid(number))
    runs = await listed(server, f"{SUBSCRIPTIONS} AND {ICCID_DIGEST.name} IN ({among})", MOST_LISTED)
    if not runs:
        return None
    return Wanted(
        endpoints={endpoint_id_of(run.id) for run in runs},
        is_theirs=lambda given: _same(str(given["subscription"].get("iccid")), number),
    )


def _same(iccid: str, other: str) -> bool:
    """However both are written."""
    return WITHOUT_KEYS.iccid(iccid) == WITHOUT_KEYS.iccid(other)


async def _with_address(server: Server, address: str) -> Wanted | None:
    """No list has an address, nor a digest of one: the purchases say it themselves."""

    def is_theirs(given: JSON) -> bool:
        purchase = given.get("purchase", given)
        return str(purchase.get("email") or "").casefold() == address.casefold()

    esims = await _read(server, SUBSCRIPTIONS, lambda run: is_theirs(run.given), only_input=True)
    unsold = await _read(
        server, f"{SALES} AND ExecutionStatus != 'Completed'", lambda run: is_theirs(run.given), only_input=True
    )
    if not esims and not unsold:
        return None
    purchases = {purchase_id_of(run.workflow_id) for run in unsold}
    endpoints = {endpoint_id_of(run.workflow_id) for run in esims}
    return Wanted(purchases=purchases, endpoints=endpoints, is_theirs=is_theirs)


async def _with_top_up(server: Server, purchase_id: str) -> Wanted | None:
    """The eSIM that a later purchase is for, which no list has: what the eSIMs' runs were told says it."""
    looks = {f'"{purchase_id}"'}
    runs = await _read(server, SUBSCRIPTIONS, lambda run: _speaks_of(run, looks))
    endpoints = {endpoint_id_of(run.workflow_id) for run in runs}
    return Wanted(endpoints=endpoints, about=purchase_id) if endpoints else None


def _speaks_of(run: OpenedRun, words: Iterable[str]) -> bool:
    texts = (event.SerializeToString() for event in run.events)
    return any(word.encode() in text for text in texts for word in words)


async def _read(
    server: Server, query: str, is_wanted: Callable[[OpenedRun], bool], *, only_input: bool = False
) -> list[OpenedRun]:
    """Those of the newest runs that are wanted, by what is in them."""
    one_of_few = asyncio.Semaphore(AT_ONCE)

    async def read(run: WorkflowExecution) -> OpenedRun | None:
        async with one_of_few:
            handle = server.client.get_workflow_handle(run.id, run_id=run.run_id)
            try:
                if only_input:
                    events = [await server.answers(_first_event(handle))]
                else:
                    events = list((await server.answers(handle.fetch_history())).events)
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise
                return None  # visibility still lists what Temporal has just forgotten
            found = await opened(server.client, run.id, run.run_id, events)
            return found if is_wanted(found) else None

    runs = await listed(server, query, MOST_READ)
    return [found for found in await asyncio.gather(*map(read, runs)) if found]


async def _first_event(run: WorkflowHandle[object, object]) -> HistoryEvent:
    async for event in run.fetch_history_events(page_size=1):
        return event
    raise AssertionError("a history begins with the event that started it")
