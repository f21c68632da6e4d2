"""Somebody else's add-ons on our endpoint are never taken for ours."""

from tests.support.seller import PLAN, Seller, eventually
from tools.simulator.fault import Fault

SUBSCRIBE = "SubscribeAddon"


async def test_an_instance_that_came_before_the_add_on_was_sent_again_is_never_adopted(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(
        Fault(call=SUBSCRIBE, kind="rate_limited", retry_after=1),
        Fault(call=SUBSCRIBE, kind="reset"),
    )
    sent = shop.platform.calls[SUBSCRIBE]
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())

    async def refused() -> bool:
        return shop.platform.calls[SUBSCRIBE] > sent

    await eventually(refused)
    foreign = shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
    _, second = (await shop.settled(sold.endpoint_id)).addons
    assert second.unique_id != foreign.unique_id
    assert shop.platform.calls[SUBSCRIBE] == sent + 3
