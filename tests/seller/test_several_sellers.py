"""Two sellers in one namespace, each with a task queue of its own: neither sees what is the other's."""

from pathlib import Path

import pytest
from temporalio.client import Client

from contract.order import LifecycleOrder
from seller.client import SellerClient
from seller.errors import Conflict, SellerError
from seller.search import Search
from tests.support.rest import calling
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import terminal_of


async def listed(shop: Seller, traveler_id: str) -> None:
    own = SellerClient(shop.client, shop.task_queue)

    async def there() -> bool:
        return bool((await own.find(Search(traveler_id=traveler_id), 10)).subscriptions)

    await eventually(there)


async def test_another_sellers_runs_are_not_found_listed_or_ordered_about(client: Client) -> None:
    async with seller(client, esims=1) as one, seller(client, esims=1) as two, one.working(), two.working():
        purchase = one.purchase(traveler_id=f"T-{next(one.numbers)}")
        sold = await one.sell(purchase)
        await listed(one, purchase.traveler_id)
        other = SellerClient(two.client, two.task_queue)
        assert await other.sales.status(purchase.purchase_id) is None
        assert (await other.find(Search(traveler_id=purchase.traveler_id), 10)).subscriptions == []
        assert await other.subscriptions.of_traveler(purchase.traveler_id) == []
        asked = (
            other.sales.sold(purchase.purchase_id),
            other.subscriptions.get(sold.endpoint_id),
            other.subscriptions.get_of_traveler(purchase.traveler_id, sold.endpoint_id),
            other.addons.get(sold.endpoint_id, purchase.purchase_id),
            other.addons.send(sold.endpoint_id, two.addon()),
        )
        for question in asked:
            with pytest.raises(SellerError) as caught:
                await question
            assert caught.value.type == "NotFound"
        assert purchase.purchase_id not in [sale.purchase_id for sale in await other.records.recent()]


async def test_an_order_about_another_sellers_esim_changes_nothing(client: Client) -> None:
    async with seller(client, esims=1) as one, seller(client, esims=1) as two, one.working(), two.working():
        sold = await one.sell()
        other = SellerClient(two.client, two.task_queue)
        with pytest.raises(SellerError) as caught:
            await other.subscriptions.change(sold.endpoint_id, "suspend", LifecycleOrder(reason="system"))
        assert caught.value.type == "NotFound"
        assert one.platform.endpoint(sold.endpoint_id).status == "Active"
        assert (await one.subscription(sold.endpoint_id)).status == "active"


async def test_another_sellers_purchase_id_is_taken_and_nothing_of_it_is_told(client: Client) -> None:
    async with seller(client, esims=1) as one, seller(client, esims=1) as two, one.working(), two.working():
        purchase = one.purchase(product="A product that only the first one has")
        await one.sell(purchase)
        other = SellerClient(two.client, two.task_queue)
        with pytest.raises(Conflict) as caught:
            await other.sales.sell(purchase)
        assert two.task_queue in caught.value.message
        assert purchase.product not in caught.value.message


async def test_a_key_of_one_seller_reads_nothing_of_the_others(client: Client, tmp_path: Path) -> None:
    async with seller(client, esims=1) as one, seller(client, esims=1) as two, one.working(), two.working():
        sold = await one.sell()
        async with calling(two, tmp_path) as api:
            for address in (
                f"/purchases/{sold.addon.purchase_id}",
                f"/travelers/T-42/esims/{sold.endpoint_id}",
                f"/travelers/T-42/esims/{sold.endpoint_id}/qr.svg",
            ):
                assert (await api.get(address)).status_code == 404, address


async def test_a_terminal_of_one_seller_shows_nothing_of_the_others(client: Client) -> None:
    async with seller(client, esims=1) as one, seller(client, esims=1) as two, one.working(), two.working():
        sold = await one.sell()
        for command in ("status", "usage"):
            shown = await terminal_of(two).run(command, sold.endpoint_id)
            assert (shown.code != 0, sold.iccid in shown.output + shown.errors) == (True, False)


async def test_two_sellers_of_one_sft_account_never_sell_the_same_esim(client: Client) -> None:
    async with seller(client, esims=2) as one, one.working(), seller(client, esims=0) as two:
        two.base_url, two.platform = one.base_url, one.platform
        async with two.working():
            mine, theirs = await one.sell(), await two.sell()
            assert mine.endpoint_id != theirs.endpoint_id
