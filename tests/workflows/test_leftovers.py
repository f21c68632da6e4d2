"""Nothing is left behind on an endpoint, however late SFT does what it did not answer."""

from simulator.fault import Fault
from tests.seller import Seller, eventually

SUBSCRIBE = "SubscribeAddon"

BEYOND_THE_SETTLE_WINDOW = 6.0
"""Seconds: an unanswered call is given up after 2, and then looked for at 0, 1 and 3."""


async def test_a_surplus_whose_removal_was_not_answered_is_reported(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(
        Fault(call=SUBSCRIBE, kind="late", delay_seconds=BEYOND_THE_SETTLE_WINDOW),
        Fault(call="endpoint", kind="answer_lost"),
    )
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    endpoint = shop.platform.endpoint(sold.endpoint_id)

    async def removed() -> list[str]:
        return [addon.unique_id for addon in endpoint.removed_addons]

    [surplus] = await eventually(removed)

    async def reported() -> bool:
        return (await shop.subscription(sold.endpoint_id)).surplus_removed == [surplus]

    await eventually(reported)
