"""What status says in sentences, from the histories of real runs and what the eSIM says of itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from contract.subscription import ShownSubscription
from seller.client import SellerClient
from seller.standing import ago, standing_of
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client) as shop, shop.working():
        yield shop


async def said(shop: Seller, endpoint_id: str) -> str:
    asked = SellerClient(shop.client, shop.task_queue)
    esim = await asked.subscriptions.get(endpoint_id)
    return "\n".join(standing_of(await asked.history(esim.subscription_id), datetime.now(UTC), esim))


async def test_a_pending_addon_says_since_when_by_whom_and_why_its_esim_is_suspended(shop: Seller) -> None:
    sold, top_up = await shop.sell(), shop.addon()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("suspend", {"reason": "non_payment", "ordered_by": "billing"})
    await run.signal("addon_purchased", top_up)
    await shop.refreshed(sold.endpoint_id)
    words = await said(shop, sold.endpoint_id)
    assert f"Purchase {top_up.purchase_id} waits since the eSIM was suspended at " in words
    assert "by billing: non payment: resume it, and it is provisioned by itself" in words
    assert "UTC, just now" in words


async def test_a_pending_addon_says_since_when_sft_does_not_answer_and_what_it_said_last(shop: Seller) -> None:
    sold, top_up = await shop.sell(), shop.addon()
    shop.platform.order(Fault(call="SubscribeAddon", kind="error_before", times=0, status=504))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", top_up)

    async def told() -> str | None:
        words = await said(shop, sold.endpoint_id)
        return words if "; last, at" in words else None

    words = await eventually(told)
    assert f"Purchase {top_up.purchase_id} waits for SFT since " in words
    assert "SubscribeAddon: SFT answered with status 504" in words
    shop.platform.clear_faults()
    await shop.settled(sold.endpoint_id)
    assert top_up.purchase_id not in await said(shop, sold.endpoint_id)


async def test_what_became_of_the_mail_is_said_with_the_reason(client: Client) -> None:
    mailbox = Mailbox("550 no such mailbox")
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        purchase = shop.purchase(email="nobody@example.com")
        sold = await shop.sell(purchase)

        async def told() -> bool:
            return "550" in await said(shop, sold.endpoint_id)

        await eventually(told)


async def test_one_that_was_terminated_says_by_whom_when_and_what_brings_it_back(shop: Seller) -> None:
    sold, top_up = await shop.sell(), shop.addon()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("suspend", {"reason": "system"})
    await run.signal("addon_purchased", top_up)

    async def pending() -> bool:
        return any(one.status == "pending" for one in (await shop.subscription(sold.endpoint_id)).addons)

    await eventually(pending)
    await run.terminate(reason="by mistake")
    words = await said(shop, sold.endpoint_id)
    assert "The subscription was terminated by " in words
    assert f"by mistake. starter.py restore {sold.subscription_id} brings it back." in words
    assert f"Purchase {top_up.purchase_id} waits until the eSIM is restored" in words
    asked = SellerClient(shop.client, shop.task_queue)
    assert isinstance(await asked.subscriptions.get(sold.endpoint_id), ShownSubscription)
    await asked.restore(sold.subscription_id)
    assert "terminated" not in await said(shop, sold.endpoint_id)


async def test_a_purchase_that_was_terminated_shows_no_step_that_it_takes_no_more(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    await run.terminate(reason="by mistake")
    status = await SellerClient(shop.client, shop.task_queue).sales.status(run.id.removeprefix("provision-"))
    assert status
    assert status.error
    assert (status.step, status.endpoint_id, status.error.type) == ("failed", None, "Terminated")
    assert "starter.py restore" in status.detail


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3, minutes=5), "3 hours ago"),
        (timedelta(days=2, hours=5), "2 days ago"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit_that_fits(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW) == words
