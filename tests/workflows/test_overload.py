"""What SFT is spared: its own 429, our ceiling, and a storm after an outage."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.usage import LOOKS_AT_ONCE
from contract.order import LifecycleOrder
from contract.search_attributes import SEARCH_ATTRIBUTES
from contract.workflow_ids import subscription_id
from temporal.data_converter import data_converter
from tests.conftest import ONE_PARTITION
from tests.support.seller import eventually, seller
from tests.support.sold_before import sold_before
from tests.support.subscription_states import bought, state_with
from tests.support.waiting import until
from tools.bench.looking import Looking
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


@pytest.mark.alone
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


@pytest.mark.alone
async def test_many_orders_let_a_purchase_go_first(client: Client) -> None:
    """Twenty-five eSIMs are suspended at five calls a second; a traveler who buys does not wait for them."""
    async with seller(client, esims=26, sft_max_requests_per_second=5) as shop, shop.working():
        buyer, *broke = await sold_before(shop, "T-42", 26)
        for endpoint_id in broke:
            order = LifecycleOrder(reason="non_payment", bulk="reseller-9")
            await shop.run_of(endpoint_id).signal("suspend_requested", order)
        await until(lambda: shop.platform.calls["EndPointLifeCycleChange"] > 3)
        await shop.run_of(buyer).execute_update("purchase_addon", shop.addon())
        assert shop.platform.calls["EndPointLifeCycleChange"] < 20
        await until(lambda: shop.platform.calls["EndPointLifeCycleChange"] == 25, 60)


@pytest.mark.alone
async def test_many_purchases_let_a_single_one_go_first_and_one_of_them_may_be_hurried(client: Client) -> None:
    async with seller(client, esims=26, sft_max_requests_per_second=5) as shop, shop.working():
        buyer, *gifted = await sold_before(shop, "T-42", 26)
        gifts = {endpoint_id: shop.addon(bulk="reseller-9") for endpoint_id in gifted}
        for endpoint_id in gifted:
            await shop.run_of(endpoint_id).signal("addon_purchased", gifts[endpoint_id])
        await until(lambda: shop.platform.calls["GetEndPointProfile"] > 3)
        await shop.run_of(buyer).execute_update("purchase_addon", shop.addon())
        assert shop.platform.calls["SubscribeAddon"] < 15
        hurried = await shop.run_of(gifted[-1]).query("last_state", result_type=dict)
        assert hurried["in_bulk"] == {gifts[gifted[-1]].purchase_id: "reseller-9"}
        await shop.run_of(gifted[-1]).signal("addon_purchased", gifts[gifted[-1]].model_copy(update={"bulk": None}))
        await until(lambda: bool(shop.platform.endpoint(gifted[-1]).addons), 60)
        assert (await shop.run_of(gifted[-1]).query("last_state", result_type=dict))["in_bulk"] == {}
        for endpoint_id in (buyer, *gifted):
            await shop.run_of(endpoint_id).terminate()


@pytest.fixture
async def fair() -> AsyncIterator[Client]:
    """A client of a server that is fair: it takes turns by fairness keys."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_extra_args=[*ONE_PARTITION, "--dynamic-config-value", "matching.enableFairness=true"],
        dev_server_log_level="error",
        data_converter=data_converter,
        search_attributes=SEARCH_ATTRIBUTES,
    ) as environment:
        yield environment.client


@pytest.mark.alone
async def test_the_many_orders_of_one_reseller_take_turns_with_those_of_another(fair: Client) -> None:
    """Forty of one, then three of another: where the server is fair, these three are among the first."""
    async with seller(fair, esims=43, sft_max_requests_per_second=5) as shop, shop.working():
        broke = await sold_before(shop, "T-42", 43)
        for number, endpoint_id in enumerate(broke):
            order = LifecycleOrder(reason="non_payment", bulk="reseller-9" if number < 40 else "reseller-10")
            await shop.run_of(endpoint_id).signal("suspend_requested", order)
        endpoint = shop.platform.endpoint
        await until(lambda: all(endpoint(one).status == "Suspended" for one in broke[40:]), 60)
        assert shop.platform.calls["EndPointLifeCycleChange"] < 35
        for endpoint_id in broke:
            await shop.run_of(endpoint_id).terminate()


async def test_looks_wait_for_a_place_and_none_is_put_back(client: Client) -> None:
    """Thirty at once, at an SFT that takes half a second: a worker has twenty in hand, and begins each once."""
    async with seller(client, esims=30) as shop:
        looking = Looking()
        shop.interceptors = [looking]
        for endpoint in shop.platform.endpoints:
            shop.platform.set_status(endpoint.endpoint_id, "Active")
            state = state_with([bought(1)], endpoint.endpoint_id)
            state.next_look = datetime.now(UTC)
            await client.start_workflow(
                "TravelerSubscriptionWorkflow", state, id=state.subscription.subscription_id, task_queue=shop.task_queue
            )
        shop.platform.order(Fault(call="GetEndPointProfile", kind="delay", delay_seconds=0.5, times=30))
        async with shop.working():
            await until(lambda: shop.platform.calls["GetEndPointProfile"] >= 30 and not looking.in_hand, 60)
        assert looking.begun == 30
        assert looking.most <= LOOKS_AT_ONCE
        for endpoint in shop.platform.endpoints:
            await shop.run_of(endpoint.endpoint_id).terminate()
