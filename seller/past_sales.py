"""First purchases that no run tells of any more: Temporal has forgotten it, or somebody terminated it after the sale.

What was sold then is known for as long as the subscription lives: it is found by the purchase, and asked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from pydantic import ValidationError
from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.purchase import EsimPurchase, PurchaseReference
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.subscription import Subscription
from seller.search import listed
from seller.server import Server
from seller.updates import SubscriptionRun
from temporal.run_input import read_first_purchase

MOST_RUNS: Final = 20
"""Runs of subscriptions that one purchase has left behind: of each eSIM that it tried, and of what continued as new."""


@dataclass(frozen=True)
class PastSale:
    """What was bought, what was sold, when the sale began (in UTC), and the run of the subscription that says so."""

    purchase: EsimPurchase
    esim: ProvisionedEsim
    started_at: datetime
    run_id: str


async def past_sale(server: Server, purchase_id: str) -> PastSale | None:
    """What a subscription was sold as under this purchase id; None if none that Temporal knows was.

    Raises a SellerError, ``NotRegistered``, if the namespace does not know the search attributes; NoAnswer if the
    server or a worker does not answer in time.
    """
    for run in await claimed_for(server, purchase_id):
        if esim := await sold_as(server, run):
            description = await server.answers(run.describe())
            began = description.raw_description.workflow_extended_info.original_start_time
            purchase = await server.answers(read_first_purchase(server.client, run))
            return PastSale(purchase, esim, began.ToDatetime(UTC), description.run_id)
    return None


async def past_purchase(server: Server, purchase_id: str) -> EsimPurchase | None:
    """What was bought under this purchase id, sold or not, told without a worker. Raises as ``past_sale``."""
    for run in await claimed_for(server, purchase_id):
        return await server.answers(read_first_purchase(server.client, run))
    return None


async def sold_as(server: Server, run: SubscriptionRun) -> ProvisionedEsim | None:
    """What a subscription was sold as; None before that, and where it was not sold, or is not known any more."""
    wanted = cast("type[ProvisionedEsim | None]", ProvisionedEsim | None)
    try:
        return await server.worker_answers(run.query("esim", result_type=wanted))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None


async def claimed_for(server: Server, purchase_id: str) -> list[SubscriptionRun]:
    """The runs of subscriptions that this purchase has claimed, the newest first, but for those that it gave back."""
    try:
        PurchaseReference(purchase_id=purchase_id)
    except ValidationError:  # no purchase has such an id, and in a query it may mean anything
        return []
    query = f"{FIRST_PURCHASE_ID.name} = '{purchase_id}' AND ExecutionStatus != 'Failed'"
    found = await listed(server, query, MOST_RUNS)
    return [server.client.get_workflow_handle(run.id, run_id=run.run_id, result_type=Subscription) for run in found]
