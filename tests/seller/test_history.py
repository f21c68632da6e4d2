"""What is read from the histories of real runs."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.client import Client

from contract.purchase import PlanAmendment
from seller.history import amended_to, wait_in
from tests.support.seller import Run, Seller, eventually, seller

DAY = timedelta(days=1)
MOMENT = timedelta(seconds=5)


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=1) as shop, shop.working():
        yield shop


async def refused(shop: Seller, run: Run, plan_id: str) -> None:
    async def said() -> bool | None:
        return f"refused add-on {plan_id} " in (await shop.progress(run)).detail or None

    await eventually(said)


async def test_a_refused_sale_waits_since_it_was_first_refused_and_until_a_day_after_it_was_refused_last(
    shop: Seller,
) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-NONE-1"))
    await refused(shop, run, "PLAN-NONE-1")
    first = await run.fetch_history()
    assert await amended_to(shop.client, first) is None
    since, until = wait_in(first).since, wait_in(first).until
    assert since is not None
    assert until == since + DAY
    for plan_id in ("PLAN-NONE-2", "PLAN-NONE-3"):
        amendment = PlanAmendment(product="Special", plan_id=plan_id)
        await run.execute_update("amend_plan", amendment)
        await refused(shop, run, plan_id)
    again = await run.fetch_history()
    assert await amended_to(shop.client, again) == amendment
    assert wait_in(again).since == since
    assert (wait_in(again).until or until) > until
    await run.cancel()


async def test_a_sale_without_an_esim_waits_for_as_long_as_the_portal_said(shop: Seller) -> None:
    await shop.sell()
    run = await shop.start(shop.purchase(stock_wait_seconds=3600))
    await shop.reaches(run, "waiting_for_stock")
    wait = wait_in(await run.fetch_history())
    assert wait.since is not None
    assert wait.until is not None
    assert abs(wait.until - wait.since - timedelta(hours=1)) < MOMENT
    await run.cancel()
