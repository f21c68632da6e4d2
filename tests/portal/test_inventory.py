import asyncio
import time

import pytest
from temporalio.client import Client

from cli.problem import Problem
from portal import inventory
from portal.inventory import Inventory
from tests.support.seller import seller


async def test_all_who_look_at_once_are_told_the_same_at_once_also_that_nobody_counts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "PATIENCE_SECONDS", 0.3)
    async with seller(client) as shop:
        stock, began = Inventory(client, shop.task_queue), time.monotonic()
        told = await asyncio.gather(*(stock.count() for _ in range(20)), return_exceptions=True)
        assert {one.type for one in told if isinstance(one, Problem)} == {"NotCounted"}
        assert len(set(map(id, told))) == 1
        assert time.monotonic() - began < 20 * 0.3
        async with shop.working():
            monkeypatch.setattr(inventory, "PATIENCE_SECONDS", 30)
            assert {one.available for one in await asyncio.gather(*(stock.count() for _ in range(3)))} == {3}
