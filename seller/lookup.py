"""Finding what somebody asks about: a purchase, or the subscription of an eSIM."""

from contract.subscription import Subscription
from contract.workflow_ids import is_subscription_id, purchase_id_of
from seller.errors import SellerError, not_found
from seller.sales import PurchaseStatus, Sales
from seller.subscriptions import Subscriptions


async def look_up(sales: Sales, subscriptions: Subscriptions, name: str) -> PurchaseStatus | Subscription:
    """What a purchase id, a subscription id or an endpoint id stands for; where two would fit, it is the purchase.

    Raises:
        SellerError: ``NotFound`` if the server knows nothing by that name.
        NoAnswer: if there is no answer in time.
    """
    if not is_subscription_id(name) and (found := await sales.status(purchase_id_of(name))):
        return found
    try:
        return await subscriptions.get(name)
    except SellerError as error:
        if error.type == "NotFound":
            raise not_found(f"purchase, subscription or endpoint {name}") from None
        raise
