"""Counting the eSIMs that can be sold."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from activities import stock
from contract.stock import Stock, StockQuestion
from sft.client import SftClient
from sft.models import Sim
from tests.support.event_receiver import EventReceiver, listening
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault


async def counted(shop: Seller) -> Stock:
    counted: Stock = await shop.client.execute_workflow(
        "CountStockWorkflow",
        StockQuestion(),
        id=f"stock-{next(shop.numbers)}",
        task_queue=shop.task_queue,
        result_type=Stock,
    )
    return counted


async def test_what_can_be_sold_is_counted_over_all_pages_up_to_a_limit(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.platform.add_esims(118)
    await shop.sell()
    whole = await counted(shop)
    assert (whole.available, whole.or_more) == (120, False)
    monkeypatch.setattr(stock, "MOST_PAGES", 1)
    part = await counted(shop)
    assert (part.available, part.or_more) == (100, True)


async def test_pages_that_are_shorter_than_asked_for_hide_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = SftClient.fetch_sims

    async def ten_at_most(sft: SftClient, page: int = 1, per_page: int = 1) -> list[Sim]:
        sims = await fetch(sft, page, min(per_page, 10))
        return [
            sim if sim.endpoint_id in for_sale else sim.model_copy(update={"activation_code": None}) for sim in sims
        ]

    monkeypatch.setattr(SftClient, "fetch_sims", ten_at_most)
    async with seller(client, esims=25) as shop, shop.working():
        for_sale = {endpoint.endpoint_id for endpoint in shop.platform.endpoints[12:]}
        whole = await counted(shop)
        assert (whole.available, whole.uninstallable, whole.or_more) == (13, 12, False)
        assert (await shop.sell()).endpoint_id in for_sale


async def test_an_sft_that_does_not_answer_is_a_failure_that_says_so(shop: Seller) -> None:
    shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0))
    with pytest.raises(WorkflowFailureError) as caught:
        await counted(shop)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "SftUnavailable"


async def test_what_is_held_here_is_not_counted_and_what_was_sold_says_how_long_the_rest_lasts(client: Client) -> None:
    async with seller(client, esims=30) as shop, shop.working():
        refused = shop.platform.endpoints[0].endpoint_id
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected", endpoint_id=refused, times=0))
        await shop.sell()
        before = await counted(shop)
        assert (before.available, before.held, before.sold_last_day) == (28, 1, 1)
        assert before.ends_at is not None
        assert before.ends_at - before.counted_at == timedelta(days=28)
        assert before.sold_last_week is None  # the server forgets after a day
        assert not before.is_low
        for endpoint in shop.platform.endpoints[2:22]:
            shop.platform.set_status(endpoint.endpoint_id, "Active")
        assert (await counted(shop)).is_low  # fewer than ten


async def test_a_stock_is_low_so_many_days_before_its_end(client: Client) -> None:
    async with seller(client, esims=30, esim_stock_low_days=10) as shop, shop.working():
        await shop.sell()
        assert not (await counted(shop)).is_low
        await shop.sell()
        await shop.sell()
        assert (await counted(shop)).is_low  # 27, at three a day


async def test_that_the_stock_is_low_is_told_to_the_portal_once_a_day(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=5, **settings) as shop, shop.working():
        await asyncio.gather(counted(shop), counted(shop))
        last = await counted(shop)

        async def told() -> bool:
            return portal.types == ["stock_low"]

        await eventually(told)
        runs = [run async for run in client.list_workflows(f"TaskQueue = '{shop.task_queue}'")]
        assert [run.workflow_type for run in runs].count("TellPortalWorkflow") == 1
        [event] = portal.events
        assert event.stock is not None
        assert (event.stock.available, event.stock.is_low) == (5, True)
        assert event.event_id == f"stock-low-{shop.task_queue}-{last.counted_at:%Y-%m-%d}"
        assert (event.traveler_id, event.subscription_id, event.addon) == (None, None, None)


async def test_a_stock_that_is_not_low_tells_nobody(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=11, **settings) as shop, shop.working():
        await counted(shop)
        runs = [run async for run in client.list_workflows(f"TaskQueue = '{shop.task_queue}'")]
        assert [run.workflow_type for run in runs] == ["CountStockWorkflow"]
