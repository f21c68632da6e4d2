"""Taking over by the library: what is known already needs neither SFT nor a worker, and is nobody else's."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from temporalio.client import Client, WorkflowHandle

from seller.client import SellerClient
from seller.errors import SellerError
from tests.support.adoption import sold_elsewhere, told_of
from tests.support.seller import Seller, seller

Answer = TypeVar("Answer")


def library(shop: Seller) -> SellerClient:
    return SellerClient(shop.client, shop.task_queue)


async def test_what_was_taken_over_is_known_without_sft_and_without_a_worker(client: Client) -> None:
    async with seller(client) as shop:
        endpoint = sold_elsewhere(shop)
        adoption = told_of(endpoint, shop)
        async with shop.working():
            assert (await library(shop).adoptions.adopt(adoption)).outcome == "adopted"
        calls = dict(shop.platform.calls)
        known = await library(shop).adoptions.adopt(adoption)
        assert (known.outcome, known.traveler_id) == ("known", "T-42")
        with pytest.raises(SellerError, match="holds it for traveler T-42") as refused:
            await library(shop).adoptions.adopt(adoption.model_copy(update={"traveler_id": "T-7"}))
        assert refused.value.type == "InvalidRequest"
        assert dict(shop.platform.calls) == calls


async def test_what_is_asked_for_again_because_an_answer_was_lost_is_adopted_all_the_same(open_shop: Seller) -> None:
    endpoint = sold_elsewhere(open_shop)

    async def lossy(call: Callable[[], Awaitable[Answer]], /) -> Answer:
        lost = await call()
        if isinstance(lost, WorkflowHandle):  # it is over before it is asked for again
            await lost.result()
        return await call()

    adoption = told_of(endpoint, open_shop)
    adopted = await library(open_shop).adoptions.adopt(adoption, lossy)
    assert (adopted.outcome, [addon.unique_id for addon in adopted.addons]) == (
        "adopted",
        [addon.unique_id for addon in endpoint.addons],
    )
    assert (await library(open_shop).adoptions.adopt(adoption, lossy)).outcome == "known"


async def test_what_is_taken_over_passes_every_check_of_ownership(open_shop: Seller) -> None:
    endpoint = sold_elsewhere(open_shop, 1)
    adoption, sales = told_of(endpoint, open_shop), library(open_shop)
    await sales.adoptions.adopt(adoption)
    esim = await sales.subscriptions.get_of_traveler("T-42", endpoint.endpoint_id)
    assert (await sales.subscriptions.sold_as(esim)).activation_code == endpoint.activation_code
    assert (await sales.sales.sold(adoption.addons[0].purchase_id)).endpoint_id == endpoint.endpoint_id
    assert (await sales.sales.bought(adoption.addons[0].purchase_id)).traveler_id == "T-42"
    with pytest.raises(SellerError, match="knows of no"):
        await sales.subscriptions.get_of_traveler("T-7", endpoint.endpoint_id)


async def test_endpoints_are_found_by_iccid_but_for_those_that_sft_does_not_know(open_shop: Seller) -> None:
    endpoint = open_shop.platform.endpoints[0]
    found = await library(open_shop).adoptions.endpoints_of([endpoint.iccid, "8999000000000000777"])
    assert found == {endpoint.iccid: endpoint.endpoint_id}
