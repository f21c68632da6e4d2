"""What SFT is spared: its own 429, our ceiling, and a storm after an outage."""

import asyncio
import time
from datetime import UTC, datetime

from temporalio.client import Client

from contract.workflow_ids import subscription_id
from tests.support.seller import eventually, seller
from tests.support.subscription_states import bought, state_with
from tools.simulator.fault import Fault


async def test_the_ceiling_holds_over_all_workers_together(client: Client) -> None:
    ceiling = 8
    async with seller(client, esims=12, sft_max_requests_per_second=ceiling) as shop:
        runs = [await shop.start() for _ in range(12)]
        async with shop.working(), shop.working():
            began = time.monotonic()
            await asyncio.gather(*(run.result() for run in runs))
            seconds = time.monotonic() - began
        requests = shop.platform.calls.total() - shop.platform.calls["login"]
        assert requests / seconds <= ceiling * 1.25  # a burst of one second's worth at the start is the server's own


async def test_a_429_is_waited_out_as_long_as_sft_asks(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        shop.platform.order(Fault(call="fetchSIM", kind="rate_limited", retry_after=2))
        began = time.monotonic()
        await shop.sell()
        assert time.monotonic() - began >= 2
        assert shop.platform.calls["fetchSIM"] == 2


async def test_an_outage_is_waited_out_and_told_and_no_storm_follows(client: Client) -> None:
    sales = 12
    async with seller(client, esims=sales) as shop:
        shop.platform.order(Fault(call="*", kind="error_before", times=0))
        async with shop.working():
            runs = [await shop.start() for _ in range(sales)]

            async def all_told() -> bool:
                return all(["Waiting for SFT" in (await shop.progress(run)).detail for run in runs])

            await eventually(all_told)
            shop.platform.clear_faults()
            shop.platform.calls.clear()
            sold = await asyncio.gather(*(run.result() for run in runs))
        assert len({sale.endpoint_id for sale in sold}) == sales
        assert shop.platform.calls.total() <= 5 * sales


async def test_background_looks_let_a_purchase_go_first(client: Client) -> None:
    """Twenty-five subscriptions look at once, at five calls a second; a traveler who buys does not wait for them."""
    async with seller(client, esims=26, sft_max_requests_per_second=5) as shop:
        buyer, *lookers = (endpoint.endpoint_id for endpoint in shop.platform.endpoints)
        for endpoint_id in (*lookers, buyer):
            state = state_with([bought(1)], endpoint_id)
            state.next_look = datetime.now(UTC) if endpoint_id != buyer else None
            shop.platform.set_status(endpoint_id, "Active")
            await client.start_workflow(
                "TravelerSubscriptionWorkflow", state, id=subscription_id(endpoint_id), task_queue=shop.task_queue
            )
        async with shop.working():

            async def looks() -> bool:
                return shop.platform.calls["GetEndPointProfile"] > 3

            await eventually(looks)
            await shop.run_of(buyer).execute_update("purchase_addon", shop.addon())
            assert shop.platform.calls["GetEndPointProfile"] < 25
            for endpoint_id in (*lookers, buyer):
                await shop.run_of(endpoint_id).terminate()
