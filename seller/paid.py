"""Purchases that were paid for, by the seller's own list, and that nobody here has ever begun."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from pydantic import Field

from contract.audit import ENDPOINT_ID, Finding
from contract.ids import Product, PurchaseId, TravelerId
from contract.message import Message
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import provision_id, purchase_id_of
from seller.addons import Addons
from seller.errors import SellerError
from seller.known_sales import sale_run
from seller.own_runs import purchase_of
from seller.search import listed
from seller.server import Server
from temporal.encryption.sealed import Undecipherable

MOST_AT_ONCE: Final = 100
"""Purchases in one query of visibility."""

ASKED_AT_ONCE: Final = 10
"""Runs that are asked for at the same time."""


class PaidPurchase(Message):
    """A purchase on a seller's list: of an eSIM, or of an add-on for one that has this endpoint."""

    purchase_id: PurchaseId
    endpoint_id: str | None = Field(default=None, pattern=ENDPOINT_ID)
    traveler_id: TravelerId | None = None
    product: Product | None = None


async def never_begun(server: Server, paid: Sequence[PaidPurchase]) -> list[Finding]:
    """Those of which neither a run nor a subscription knows. What Temporal has forgotten looks like that, too.

    Raises:
        SellerError: ``NotRegistered`` if the namespace does not know the search attributes.
        NoAnswer: if the server or a worker does not answer in time.
    """
    first = {purchase.purchase_id for purchase in paid if purchase.endpoint_id is None}
    begun = set[str]()
    for some in _in_parts(first):
        begun |= await _listed(server, some)
    few = asyncio.Semaphore(ASKED_AT_ONCE)

    async def is_missing(purchase: PaidPurchase) -> bool:
        if purchase.purchase_id in begun:
            return False
        async with few:
            if purchase.endpoint_id is None:
                return not await _is_under_way(server, purchase.purchase_id)
            return not await _is_known(server, purchase.endpoint_id, purchase.purchase_id)

    missing = await asyncio.gather(*map(is_missing, paid))
    return [
        Finding(kind="never_begun", purchase_id=purchase.purchase_id, endpoint_id=purchase.endpoint_id)
        for purchase, never in zip(paid, missing, strict=True)
        if never
    ]


async def _listed(server: Server, purchase_ids: Sequence[str]) -> set[str]:
    runs = ", ".join(f"'{provision_id(purchase_id)}'" for purchase_id in purchase_ids)
    ids = ", ".join(f"'{purchase_id}'" for purchase_id in purchase_ids)
    known = f"WorkflowId IN ({runs}) OR {FIRST_PURCHASE_ID.name} IN ({ids})"
    query = f"({known}) AND ExecutionStatus != 'ContinuedAsNew'"
    found = await listed(server, query, 1000)
    return {run.typed_search_attributes.get(FIRST_PURCHASE_ID) or purchase_id_of(run.id) for run in found}


async def _is_under_way(server: Server, purchase_id: str) -> bool:
    """Visibility can lag behind: the server itself is asked."""
    try:
        return await purchase_of(server, sale_run(server.client, purchase_id)) is not None
    except Undecipherable:
        return True


async def _is_known(server: Server, endpoint_id: str, purchase_id: str) -> bool:
    try:
        await Addons(server).get(endpoint_id, purchase_id)
    except SellerError as error:
        if error.type != "NotFound":
            raise
        return False
    return True


def _in_parts(purchase_ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(purchase_ids)
    while part := list(islice(left, MOST_AT_ONCE)):
        yield part
