"""One order for many eSIMs, where somebody does not answer."""

import asyncio

import pytest
from temporalio.client import Client

from contract.order import LifecycleOrder
from seller import bulk
from seller.bulk import IN_HAND, Bulk, Target
from seller.bulk_orders import ManyChanges
from seller.client import SellerClient
from seller.search import FoundSubscription
from tests.support.seller import Seller, seller
from tests.support.sold_before import sold_before
from tests.support.subscription_states import started_unread

ORDER = LifecycleOrder(reason="system", bulk="reseller-9")
MANY = IN_HAND + 5


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PAUSES", (0.5, 0.5))


def suspension_of(shop: Seller, endpoint_ids: list[str]) -> Bulk:
    client = SellerClient(shop.client, shop.task_queue, worker_seconds=2)
    targets = [Target(endpoint_id, found(endpoint_id)) for endpoint_id in endpoint_ids]
    return Bulk(client, ManyChanges(client, "suspend", ORDER), targets, per_second=1000)


def found(endpoint_id: str) -> FoundSubscription:
    return FoundSubscription(
        subscription_id=f"subscription-{endpoint_id}", traveler_id="T-42", endpoint_id=endpoint_id, status="active"
    )


async def test_where_no_worker_is_left_nothing_more_is_begun(client: Client) -> None:
    async with seller(client, esims=MANY) as shop:
        suspension = suspension_of(shop, await sold_before(shop, "T-42", MANY))
        await suspension.run(lambda: None)
        report = suspension.report
        assert report.stopped is not None
        assert {failure.type for failure in report.failed} == {"NoWorker"}
        assert (report.done, report.not_begun) == (0, MANY - len(report.failed))
        assert report.not_begun > 0


async def test_workers_that_come_back_are_waited_for_and_one_esim_that_cannot_go_on_stops_no_others(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PAUSES", (0.5,) * 5)
    async with seller(client, esims=MANY) as shop:
        stuck, *others = await sold_before(shop, "T-42", MANY)
        await shop.run_of(stuck).terminate()
        await started_unread(shop, stuck, "T-42")  # whatever is asked of it is never answered
        suspension = suspension_of(shop, [stuck, *others])
        ordering = asyncio.create_task(suspension.run(lambda: None))
        async with shop.working():
            await ordering
        [failure] = suspension.report.failed  # nobody answered, or Temporal said that its task fails
        assert (failure.endpoint_id, failure.type in ("NoWorker", "TemporalRefused")) == (stuck, True)
        assert (suspension.report.done, suspension.report.stopped) == (len(others), None)


async def test_an_esim_that_visibility_lists_as_somebody_elses_is_left_alone(open_shop: Seller) -> None:
    [endpoint_id] = await sold_before(open_shop, "T-43", 1)
    suspension = suspension_of(open_shop, [endpoint_id])
    await suspension.run(lambda: None)
    assert [failure.type for failure in suspension.report.failed] == ["NotFound"]
    assert open_shop.platform.endpoint(endpoint_id).status == "Active"
