import pytest
from temporalio.client import Client

from seller import server
from seller.client import SellerClient
from seller.errors import SellerError
from tests.support.seller import Seller, seller


def client_of(shop: Seller) -> SellerClient:
    """What a program of this seller asks Temporal with."""
    return SellerClient(shop.client, shop.task_queue)


async def test_what_was_sold_is_found_by_its_esim_and_by_nobody_elses(shop: Seller) -> None:
    subscriptions = client_of(shop).subscriptions
    sold = await shop.sell(shop.purchase(traveler_id="T-1"))
    esim = await subscriptions.get_of_traveler("T-1", sold.endpoint_id)
    assert await subscriptions.sold_as(esim) == sold
    with pytest.raises(SellerError) as anothers:
        await subscriptions.get_of_traveler("T-2", sold.endpoint_id)
    with pytest.raises(SellerError) as nobodys:
        await subscriptions.get_of_traveler("T-2", f"{sold.endpoint_id}0")
    assert (anothers.value.type, nobodys.value.type) == ("NotFound", "NotFound")
    assert nobodys.value.message.replace(f"{sold.endpoint_id}0", sold.endpoint_id) == anothers.value.message


async def test_also_without_a_worker_nobody_learns_that_there_is_somebody_elses_esim(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.0)
    async with seller(client) as shop:
        async with shop.working():
            sold = await shop.sell()
        for traveler_id, told in (("T-42", "NoWorker"), ("T-43", "NotFound")):
            with pytest.raises(SellerError) as error:
                await client_of(shop).subscriptions.get_of_traveler(traveler_id, sold.endpoint_id)
            assert error.value.type == told
