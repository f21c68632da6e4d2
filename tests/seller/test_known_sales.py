from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowFailureError

from contract.workflow_ids import provision_id
from seller.client import SellerClient
from seller.errors import SellerError
from seller.sales import Sale
from tests.support.counted import counting
from tests.support.forgetting import forget, found_by
from tests.support.rest import calling
from tests.support.seller import Seller, seller


@asynccontextmanager
async def without_worker(client: Client) -> AsyncIterator[tuple[Seller, str]]:
    """A shop whose worker has stopped after a sale, and the id of that purchase."""
    async with seller(client) as shop:
        async with shop.working():
            sold = await shop.sell()
        yield shop, sold.addon.purchase_id


async def test_a_completed_purchase_is_told_without_a_worker_and_read_once(client: Client, tmp_path: Path) -> None:
    async with without_worker(client) as (shop, purchase_id):
        client, asked = counting(shop.client)
        async with calling(replace(shop, client=client), tmp_path) as api:
            first = await api.get(f"/purchases/{purchase_id}")
            assert (first.status_code, first.json()["status"], first.json()["step"]) == (200, "completed", "completed")
            assert first.json()["esim"]["activation_code"].startswith("LPA:1$")
            assert asked["query"] == 0
            asked.clear()
            for _ in range(5):
                assert (await api.get(f"/purchases/{purchase_id}")).json() == first.json()
            assert asked == {"describe": 10}


async def test_what_has_not_changed_since_a_worker_told_it_is_not_asked_again(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        client, asked = counting(shop.client)
        sales = SellerClient(client, shop.task_queue).sales
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        for _ in range(5):
            sale = await sales.sale(run.id.removeprefix("provision-"))
            assert sale.step == "waiting_for_stock"
        assert asked["query"] == 1
        shop.platform.add_esims(1)
        await run.result()
        assert (await sales.sale(run.id.removeprefix("provision-"))).step == "completed"


async def test_why_a_purchase_failed_is_asked_of_a_worker_once(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        client, asked = counting(shop.client)
        sales, run = SellerClient(client, shop.task_queue).sales, await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        for _ in range(3):
            sale = await sales.sale(run.id.removeprefix("provision-"))
            assert sale.error
        assert asked["query"] == 1


async def test_what_temporal_has_forgotten_is_not_told_from_what_was_kept(shop: Seller) -> None:
    sales, purchase = SellerClient(shop.client, shop.task_queue).sales, shop.purchase()
    sold = await shop.sell(purchase)
    await found_by(shop, purchase)
    seen = await sales.look(purchase.purchase_id, 5)
    assert seen[1] == sold
    await forget(shop, sold.subscription_id)
    for ask in (sales.look(purchase.purchase_id, 5), sales.sold(purchase.purchase_id)):
        with pytest.raises(SellerError) as caught:  # no subscription holds it any more
            await ask
        assert caught.value.type == "NotFound"
    await forget(shop, provision_id(purchase.purchase_id))
    assert await sales.status(purchase.purchase_id) is None


async def test_who_was_erased_is_not_told_of_from_what_was_kept(shop: Seller) -> None:
    library, purchase = SellerClient(shop.client, shop.task_queue), shop.purchase(traveler_id=f"T-{shop.number}")
    await shop.sell(purchase)
    await found_by(shop, purchase)
    assert (await library.sales.sale(purchase.purchase_id)).traveler_id == purchase.traveler_id
    await library.erase(purchase.traveler_id, f"erased-{shop.number}")
    sale, esim = await library.sales.look(purchase.purchase_id, 5)
    assert isinstance(sale, Sale)
    assert esim
    assert sale.traveler_id == esim.traveler_id == f"erased-{shop.number}"
