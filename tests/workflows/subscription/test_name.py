"""``name_esim``: what a traveler calls an eSIM, kept for as long as it lives."""

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.subscription import Naming, Subscription
from tests.support.seller import Seller, eventually


async def called(shop: Seller, endpoint_id: str, naming: Any) -> str | None:
    answer: Subscription = await shop.run_of(endpoint_id).execute_update("name_esim", naming, result_type=Subscription)
    return answer.name


async def test_a_name_is_kept_over_the_next_run_and_taken_away_and_nonsense_is_refused(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    assert (await shop.subscription(endpoint_id)).name is None
    for _ in range(2):
        assert await called(shop, endpoint_id, Naming(name="Paris trip")) == "Paris trip"
    for odd in ({"name": "x" * 81}, {"name": ""}, {"name": "a\nb"}, {"name": 7}, {}, "nonsense"):
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await called(shop, endpoint_id, odd)
        assert isinstance(caught.value.cause, ApplicationError)
        assert caught.value.cause.type == "InvalidRequest"
    first = (await run.describe()).run_id
    await run.signal("renew")

    async def is_another_run() -> bool:
        return (await run.describe()).run_id != first

    await eventually(is_another_run)
    assert (await shop.subscription(endpoint_id)).name == "Paris trip"
    assert await called(shop, endpoint_id, {"name": None}) is None
