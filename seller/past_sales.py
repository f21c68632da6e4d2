"""First purchases that no run tells of any more: Temporal has forgotten it, or somebody terminated it after the sale.

What was sold then is known for as long as the subscription lives: it is found by the purchase, and asked.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from pydantic import ValidationError
from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.purchase import ClaimedFor, EsimPurchase, PurchaseReference
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.subscription import Subscription
from seller.errors import SellerError
from seller.own_runs import known_claim
from seller.search import listed
from seller.server import Server
from seller.updates import SubscriptionRun, subscription_run
from temporal.encryption.sealed import Undecipherable
from temporal.refused_query import is_refused

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
    for run, claim in await claimed_for(server, purchase_id):
        if esim := await sold_as(server, run, claim):
            description = await server.answers(run.describe())
            began = description.raw_description.workflow_extended_info.original_start_time
            return PastSale(claim.purchase, esim, began.ToDatetime(UTC), description.run_id)
    return None


async def past_purchase(server: Server, purchase_id: str) -> EsimPurchase | None:
    """What was bought under this purchase id, sold or not, told without a worker. Raises as ``past_sale``."""
    for _, claim in await claimed_for(server, purchase_id):
        return claim.purchase
    return None


async def sold_as(server: Server, run: SubscriptionRun, claim: ClaimedFor) -> ProvisionedEsim | None:
    """What a subscription, which was started with this claim, was sold as; None before that, and where it was not sold,
    is not known any more, or another eSIM is told of."""
    try:
        esim = await _told(server, run)
    except RPCError as error:
        if not is_refused(error):
            raise
        esim = await _told(server, subscription_run(server.client, run.id))  # it may have been restored as another run
    return esim if esim and claim.was_sold_as(esim) else None


def require_code(esim: ProvisionedEsim) -> ProvisionedEsim:
    """The eSIM; a SellerError, ``NotFound``, if it has no activation code, or one that is none: it was taken over
    without one."""
    if esim.needs_confirmation_code is None:
        sentence = f"The activation code of {esim.subscription_id} is not known: it was taken over, and SFT told none"
        raise SellerError("NotFound", sentence)
    return esim


async def _told(server: Server, run: SubscriptionRun) -> ProvisionedEsim | None:
    wanted = cast("type[ProvisionedEsim | None]", ProvisionedEsim | None)
    try:
        esim: ProvisionedEsim | None = await server.worker_answers(run, run.query("esim", result_type=wanted))
        return esim
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None


def is_purchase_id(text: str) -> bool:
    """Whether a purchase can have this id: what none can have may mean anything in a query."""
    try:
        PurchaseReference(purchase_id=text)
    except ValidationError:
        return False
    return True


async def claimed_for(server: Server, purchase_id: str) -> list[tuple[SubscriptionRun, ClaimedFor]]:
    """The runs of subscriptions that this purchase has claimed, the newest first, but for those that it gave back, and
    for what visibility lists and was started for another purchase.

    Raises Undecipherable if all that is listed is encrypted with keys that are not here.
    """
    if not is_purchase_id(purchase_id):
        return []
    query = f"{FIRST_PURCHASE_ID.name} = '{purchase_id}' AND ExecutionStatus != 'Failed'"
    found, unread = list[tuple[SubscriptionRun, ClaimedFor]](), None
    for listed_run in await listed(server, query, MOST_RUNS):
        run: SubscriptionRun = server.client.get_workflow_handle(
            listed_run.id, run_id=listed_run.run_id, result_type=Subscription
        )
        try:
            claim = await known_claim(server, run)
        except Undecipherable as error:  # anybody may have had it listed here: it must not hide what can be read
            unread = error
            continue
        if claim and claim.purchase.purchase_id == purchase_id:
            found.append((run, claim))
    if unread and not found:
        raise unread
    return found
