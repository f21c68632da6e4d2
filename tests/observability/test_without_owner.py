"""What is at SFT and nobody's here is counted: add-ons that nobody bought, endpoints that stay active in quarantine."""

import asyncio

from temporalio.client import Client

from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import PLAN, eventually, seller
from tests.support.worker_process import worker_process
from tools.simulator.fault import Fault

LIFECYCLE = "EndPointLifeCycleChange"


async def test_what_is_at_sft_and_nobodys_here_is_counted_once(client: Client) -> None:
    port = free_port()
    async with seller(client) as shop, worker_process(shop, METRICS_ADDRESS=f"127.0.0.1:{port}"):
        shop.platform.order(Fault(call=LIFECYCLE, kind="already_active"))
        shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", skip=1))
        sold = await asyncio.wait_for(shop.sell(), 100)
        shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
        for _ in range(2):
            await shop.run_of(sold.endpoint_id).execute_update("refresh_usage")

        async def all_counted() -> bool:
            shown = await asyncio.to_thread(Scrape, port)
            quarantined = {
                status: shown.total("esim_quarantined_total", at_sft=status)
                for status in ("Active", "Pre-Active", "Suspended", "unknown")
            }
            assert shown.total("esim_unmatched_addons_total") <= 1
            return (shown.total("esim_unmatched_addons_total"), quarantined) == (
                1,
                {"Active": 1, "Pre-Active": 1, "Suspended": 0, "unknown": 0},
            )

        await eventually(all_counted)


async def test_what_is_just_being_made_is_not_counted_as_nobodys(client: Client) -> None:
    port = free_port()
    async with seller(client) as shop, worker_process(shop, METRICS_ADDRESS=f"127.0.0.1:{port}"):
        sold = await asyncio.wait_for(shop.sell(), 100)
        run = shop.run_of(sold.endpoint_id)
        shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=3))  # there, but not answered
        await run.signal("addon_purchased", shop.addon())

        async def seen_on_the_endpoint() -> list[str]:
            return (await shop.refreshed(sold.endpoint_id)).unmatched

        assert len(await eventually(seen_on_the_endpoint)) == 1
        assert (await shop.settled(sold.endpoint_id)).unmatched == []
        await run.execute_update("refresh_usage")
        assert (await asyncio.to_thread(Scrape, port)).total("esim_unmatched_addons_total") == 0
