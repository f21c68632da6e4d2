"""Many eSIMs of one traveler that were sold, without the sales."""

from tests.support.seller import Seller
from tests.support.subscription_states import bought, state_with


async def sold_before(shop: Seller, traveler_id: str, count: int, first: int = 0) -> list[str]:
    """So many of the platform's eSIMs, from a first one, are this traveler's and active; their endpoint ids."""
    endpoint_ids = [endpoint.endpoint_id for endpoint in shop.platform.endpoints[first : first + count]]
    for endpoint_id in endpoint_ids:
        state = state_with([bought(1, purchase_id=f"P-{endpoint_id}")], endpoint_id)
        state.subscription.traveler_id = state.purchase.traveler_id = traveler_id
        shop.platform.set_status(endpoint_id, "Active")
        await shop.client.start_workflow(
            "TravelerSubscriptionWorkflow",
            state,
            id=state.subscription.subscription_id,
            task_queue=shop.task_queue,
            search_attributes=state.search_attributes,
        )
    return endpoint_ids
