"""eSIMs that were sold elsewhere are taken over while everything breaks, each of them again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from temporalio.service import RPCError

from contract.adoption import AddonToAdopt, Adoption
from contract.failure import INVALID_REQUEST
from contract.workflow_ids import subscription_id
from seller.client import SellerClient
from seller.errors import SellerError
from tools.chaos.evidence import TakenOver
from tools.chaos.insist import PAUSE_SECONDS
from tools.chaos.plan import PLANS, Customer
from workflows.adopted import UNNAMED_ADDON

# Not imported at runtime: the portal is whose customers they become, and the stage is where they come from.
if TYPE_CHECKING:
    from tools.chaos.portal import Portal
    from tools.chaos.stage import Stage

Answer = TypeVar("Answer")

ANSWER_SECONDS: Final = 10.0

OUTCOMES: Final = {"adopted", "known"}

TRIES: Final = 6

OPERATORS: Final = 2
"""Who take over one eSIM at the same time, with the same file."""


async def sold_elsewhere(scene: "Stage", customer: Customer) -> TakenOver:
    """Has SFT have the customer's eSIM, which no sale ever finds in stock, and says what has to become of it."""
    order = {"count": 1, "sold_with": [PLANS[product] for product in customer.products]}
    [endpoint_id] = (await scene.order("esims", order))["endpoint_ids"]
    [esim] = [one for one in (await scene.ledger())["endpoints"] if one["endpoint_id"] == endpoint_id]
    unique_ids = [addon["unique_id"] for addon in esim["addons"]]
    purchase_ids = customer.purchase_ids or [f"{UNNAMED_ADDON}{unique_id}" for unique_id in unique_ids]
    return TakenOver(endpoint_id, customer.traveler_id, dict(zip(purchase_ids, unique_ids, strict=True)))


async def take_over(portal: "Portal", customer: Customer, esim: TakenOver) -> None:
    """Takes it over, twice at once and later again, tries it for another traveler, and buys for it or looks at it."""
    await portal.until(customer.due)
    seller = SellerClient(portal.client, portal.task_queue, patience=lambda: ANSWER_SECONDS)
    adoption = _adoption(customer, esim)
    outcomes = list(await asyncio.gather(*(_taken(seller, adoption) for _ in range(OPERATORS))))
    portal.taken_over.append(esim)
    await asyncio.gather(_look(portal, seller, esim), *_deliveries(portal, customer, esim))
    await portal.until(customer.again)
    outcomes.append(await _taken(seller, adoption))
    if not (OUTCOMES.issuperset(outcomes) and outcomes[-1] == "known"):
        portal.record.broken.append(f"taking over endpoint {esim.endpoint_id} was answered {', then '.join(outcomes)}")
    another = await _outcome(seller, adoption.model_copy(update={"traveler_id": "T-another"}))
    if f"holds it for traveler {esim.traveler_id}" not in another:
        portal.record.broken.append(f"endpoint {esim.endpoint_id}, asked for by another traveler, was {another}")
    portal.record.happened["eSIMs taken over"] += 1


def _adoption(customer: Customer, esim: TakenOver) -> Adoption:
    named = esim.addons.items() if customer.purchase_ids else ()
    return Adoption(
        endpoint_id=esim.endpoint_id,
        traveler_id=esim.traveler_id,
        addons=[
            AddonToAdopt(unique_id=unique_id, purchase_id=purchase_id, product=product)
            for (purchase_id, unique_id), product in zip(named, customer.products, strict=False)
        ],
        name_unmatched=not customer.purchase_ids,
    )


def _deliveries(portal: "Portal", customer: Customer, esim: TakenOver) -> list[Awaitable[None]]:
    where = subscription_id(esim.endpoint_id)
    return [
        portal.deliver_top_up(customer.traveler_id, where, top_up, delivery)
        for top_up in customer.top_ups
        for delivery in top_up.deliveries
    ]


async def _look(portal: "Portal", seller: SellerClient, esim: TakenOver) -> None:
    """Has its usage read. What it came with is there, whatever is bought meanwhile."""
    seen = await _insist(lambda: seller.subscriptions.refresh_usage(esim.endpoint_id))
    shown = seen if isinstance(seen, str) else {addon.purchase_id: addon.unique_id for addon in seen.addons}
    if isinstance(shown, str) or not esim.addons.items() <= shown.items():
        portal.record.broken.append(f"endpoint {esim.endpoint_id} was taken over with {esim.addons}, and shows {shown}")


async def _taken(seller: SellerClient, adoption: Adoption) -> str:
    """The outcome, or why it is refused time and again: SFT may refuse to show the eSIM, and nothing has changed."""
    for _ in range(TRIES):
        if (outcome := await _outcome(seller, adoption)) in OUTCOMES:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    return outcome


async def _outcome(seller: SellerClient, adoption: Adoption) -> str:
    adopted = await _insist(lambda: seller.adoptions.adopt(adoption))
    return adopted if isinstance(adopted, str) else adopted.outcome


async def _insist(ask: Callable[[], Awaitable[Answer]]) -> Answer | str:
    """The answer, or why it is refused. Anything else passes: the server was killed just then, or SFT is away."""
    while True:
        try:
            return await ask()
        except SellerError as refusal:
            if refusal.type == INVALID_REQUEST:
                return refusal.message
        except RPCError:
            pass
        await asyncio.sleep(PAUSE_SECONDS)
