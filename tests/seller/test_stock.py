import asyncio
import time

import pytest
from temporalio.client import Client

from seller import stock
from seller.errors import SellerError
from seller.server import Server
from seller.stock import StockCounter
from tests.support.seller import seller


async def test_all_who_look_at_once_are_told_the_same_at_once_also_that_nobody_counts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "PATIENCE_SECONDS", 0.3)
    async with seller(client) as shop:
        counter, began = StockCounter(Server(client, shop.task_queue)), time.monotonic()
        told = await asyncio.gather(*(counter.count() for _ in range(20)), return_exceptions=True)
        assert {one.type for one in told if isinstance(one, SellerError)} == {"NotCounted"}
        assert len(set(map(id, told))) == 1
        assert time.monotonic() - began < 20 * 0.3
        async with shop.working():
            monkeypatch.setattr(stock, "PATIENCE_SECONDS", 30)
            assert {one.available for one in await asyncio.gather(*(counter.count() for _ in range(3)))} == {3}
