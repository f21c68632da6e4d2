"""Many purchases at once get different eSIMs, at few calls to SFT."""

import asyncio

import pytest
from temporalio.client import Client, WorkflowFailureError

from tests.support.seller import Run, Seller, eventually, seller
from tools.simulator.fault import Fault

RIVALS = 100


async def rivals(shop: Seller, count: int = RIVALS) -> list[Run]:
    return list(await asyncio.gather(*(shop.start() for _ in range(count))))


@pytest.mark.alone
@pytest.mark.long
async def test_a_hundred_purchases_at_once_get_a_hundred_different_esims(client: Client) -> None:
    async with seller(client, esims=RIVALS) as shop, shop.working(), shop.working():
        sales = await asyncio.gather(*(run.result() for run in await rivals(shop)))
        assert len({sale.endpoint_id for sale in sales}) == RIVALS
        assert [len(endpoint.addons) for endpoint in shop.platform.endpoints] == [1] * RIVALS
        assert shop.platform.calls["fetchSIM"] <= 3 * RIVALS


async def test_purchases_without_an_esim_wait_and_go_on_when_stock_arrives(client: Client) -> None:
    async with seller(client, esims=15) as shop, shop.working(), shop.working():
        results = {asyncio.create_task(run.result()): run for run in await rivals(shop, 24)}

        async def all_are_sold() -> bool:
            return sum(result.done() for result in results) == 15

        await eventually(all_are_sold)
        for run in [run for result, run in results.items() if not result.done()]:
            await shop.reaches(run, "waiting_for_stock")
        shop.platform.add_esims(9)
        sales = await asyncio.gather(*results)
        assert len({sale.endpoint_id for sale in sales}) == 24


async def test_quarantined_endpoints_at_the_head_of_the_list_do_not_slow_later_sales(client: Client) -> None:
    async with seller(client, esims=4) as shop, shop.working():
        for number, endpoint in enumerate(shop.platform.endpoints):
            fault = Fault(call="EndPointLifeCycleChange", kind="rejected", endpoint_id=endpoint.endpoint_id, times=0)
            shop.platform.order(
                fault.model_copy(update={"code": f"800{number}"})
            )  # alike, they would be nobody's fault
        with pytest.raises(WorkflowFailureError):
            await shop.sell(shop.purchase(stock_wait_seconds=0))
        assert shop.platform.calls["EndPointLifeCycleChange"] == 4
        shop.platform.add_esims(10)
        await shop.sell()
        shop.platform.calls.clear()
        for _ in range(5):
            await shop.sell()
        assert shop.platform.calls["fetchSIM"] <= 5
        assert shop.platform.calls["EndPointLifeCycleChange"] == 5
