"""Finding what somebody asks about: a purchase, or the subscription of an eSIM."""

from contract.failure import INVALID_REQUEST
from contract.subscription import Subscription
from contract.workflow_ids import is_subscription_id, purchase_id_of, subscription_id
from seller.errors import SellerError, not_found
from seller.sales import PurchaseStatus, Sales
from seller.server import Server
from seller.subscriptions import Subscriptions
from seller.timeline.wanted import wanted
from temporal.digests import Digests


async def look_up(
    server: Server, sales: Sales, subscriptions: Subscriptions, name: str, digests: Digests
) -> PurchaseStatus | Subscription:
    """What a purchase id, a subscription id or an endpoint id stands for; where two would fit, it is the purchase. Also
    the eSIM that a top-up, an ICCID, a traveler or an address belongs to, if that is one.

    Raises:
        SellerError: ``NotFound`` if the server knows nothing by that name, ``InvalidRequest`` if that is several eSIMs.
        NoAnswer: if there is no answer in time.
    """
    if not is_subscription_id(name) and (found := await sales.status(purchase_id_of(name))):
        return found
    try:
        return await subscriptions.get(name)
    except SellerError as error:
        if error.type != "NotFound":
            raise
    return await subscriptions.get(await _endpoint_of(server, name, digests))


async def _endpoint_of(server: Server, name: str, digests: Digests) -> str:
    try:
        found = await wanted(server, name, digests)
    except SellerError as error:
        if error.type != "NotFound":
            raise
        raise not_found(f"purchase, subscription or endpoint {name}", await server.kept()) from None
    endpoints = found.endpoints
    if not endpoints:  # its runs say what was sold, and nothing is there that bears it out: it was deleted, say
        sentence = f"Nothing of {name} is there any more that could be asked: starter.py history {name} tells the rest"
        raise SellerError("NotFound", sentence)
    if len(endpoints) > 1:
        several = ", ".join(map(subscription_id, sorted(endpoints)))
        raise SellerError(INVALID_REQUEST, f"{name} has several eSIMs: ask for one of {several}")
    return endpoints.pop()
