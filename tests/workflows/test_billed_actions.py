"""What an ordinary sale and a top-up cost: actions as Temporal Cloud bills them, but for heartbeats (tools/bench)."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from temporalio.client import Client, WorkflowHandle

from contract.search_attributes import STATUS
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller
from tools.bench.actions import actions_in


async def bill(runs: Iterable[WorkflowHandle[Any, Any]]) -> Counter[str]:
    """Once none of them has anything left to do."""

    async def at_rest(run: WorkflowHandle[Any, Any]) -> bool:
        raw = (await run.describe()).raw_description
        return not raw.HasField("pending_workflow_task") and not raw.pending_activities

    actions: Counter[str] = Counter()
    for run in runs:
        await eventually(lambda run=run: at_rest(run))  # type: ignore[misc]
        actions += actions_in((await run.fetch_history()).events)
    return actions


async def test_a_sale_that_is_mailed_takes_nine(client: Client) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        purchase = shop.purchase(email="traveler@example.com")
        sale = await shop.start(purchase)
        sold = await sale.result()

        async def is_sent() -> bool:
            delivery = (await shop.subscription(sold.endpoint_id)).delivery
            return delivery is not None and delivery.status == "sent"

        await eventually(is_sent)
        assert (await bill([sale, shop.run_of(sold.endpoint_id)])).total() <= 9


async def test_an_ordinary_sale_takes_eight_actions_and_a_top_up_three(shop: Seller) -> None:
    sale = await shop.start()
    sold = await sale.result()
    subscription = shop.run_of(sold.endpoint_id)
    of_sale = await bill([sale, subscription])
    assert of_sale == {
        "workflow start": 1,
        "activity attempt": 3,
        "child workflow start": 2,
        "signal": 1,
        "timer": 1,
    }
    assert (await subscription.describe()).typed_search_attributes.get(STATUS) == "active"
    await subscription.signal("addon_purchased", shop.addon())
    await shop.settled(sold.endpoint_id)
    of_signal = await bill([sale, subscription])
    assert of_signal - of_sale == {"signal": 1, "activity attempt": 2}
    await subscription.execute_update("purchase_addon", shop.addon())
    assert await bill([sale, subscription]) - of_signal == {"update": 1, "activity attempt": 2}
