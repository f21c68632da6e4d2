"""Counting the eSIMs that can be sold."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from activities import stock
from contract.stock import Stock, StockQuestion
from tests.support.seller import Seller
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


async def test_an_sft_that_does_not_answer_is_a_failure_that_says_so(shop: Seller) -> None:
    shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0))
    with pytest.raises(WorkflowFailureError) as caught:
        await counted(shop)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "SftUnavailable"
