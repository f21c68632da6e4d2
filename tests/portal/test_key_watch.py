"""A shop with a key in front that no worker has: it warns, and holds up nobody else."""

import asyncio
import logging
from contextlib import AsyncExitStack

import pytest
from temporalio.client import Client

from portal.key_watch import KeyWatch
from seller.client import SellerClient
from seller.errors import SellerError
from seller.key_check import why_unread
from tests.support.encrypting_shop import encrypting_shop, use, with_keys
from tests.support.encryption_keys import key, ring
from tests.support.seller import PLAN, eventually

pytestmark = pytest.mark.long


async def test_a_shop_whose_key_no_worker_has_warns_until_one_has_it_and_holds_up_no_other(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portal")
    async with encrypting_shop(client) as shop:
        right = SellerClient(shop.client, shop.task_queue)
        ahead = SellerClient(with_keys(client, ring(2)), shop.task_queue)
        watch = KeyWatch(ahead, PLAN, again_seconds=0.5)
        async with AsyncExitStack() as running:
            first = await running.enter_async_context(AsyncExitStack())
            await first.enter_async_context(shop.working())
            await running.enter_async_context(watch.watching())
            assert await why_unread(right.server, PLAN) is None
            await eventually(lambda: shows(watch, 1))
            label = ring(2).newest.label
            assert f'queue="{shop.task_queue}"' in watch.exposition()
            assert f'key="{label}"' in watch.exposition()
            told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
            assert f"WHAT IS SOLD HERE HANGS: No worker of {shop.task_queue} can read" in told[0]
            assert label in told[0]
            with pytest.raises(SellerError, match="No worker has counted the stock"):
                await ahead.stock.count()
            assert (await right.stock.count()).available == 3
            shop.settings["esim_encryption_keys"] = f"{key(1)},{key(2)}"
            await first.aclose()
            assert await shows(watch, 1), "no worker does not mean that one can read it"
            await running.enter_async_context(shop.working())
            await eventually(lambda: shows(watch, 0))
            await eventually(lambda: are_over(client, shop.task_queue))


async def test_a_shop_that_does_not_encrypt_warns_where_workers_demand_it(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        use(shop, 1)
        shop.settings["esim_require_encryption"] = True
        plain = SellerClient(client, shop.task_queue)
        async with shop.working():
            assert "no key" in (await why_unread(plain.server, PLAN) or "")


async def shows(watch: KeyWatch, value: int) -> bool:
    await asyncio.sleep(0)
    return watch.exposition().endswith(f"}} {value}\n")


async def are_over(client: Client, task_queue: str) -> bool:
    """Whether no run is left that nobody can read."""
    looks = f"TaskQueue = '{task_queue}' AND WorkflowType = 'LookUpPlanWorkflow' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(looks)).count == 0
