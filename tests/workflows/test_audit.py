"""The audit: what SFT lists, held against the subscriptions."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from activities import audit
from tests.support.audits import audited, by_kind, planted, visible
from tests.support.seller import Seller, seller


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=10) as shop, shop.working():
        yield shop


async def test_an_account_that_fits_together_has_no_findings(shop: Seller) -> None:
    sold = [await shop.sell() for _ in range(2)]
    await visible(shop, *(esim.endpoint_id for esim in sold))
    report = await audited(shop)
    assert (report.findings, report.counts, report.unchecked, report.unreadable) == ([], {}, 0, 0)
    assert report.listed == {"Active": 2, "Pre-Active": 8}
    assert report.subscriptions == 2


async def test_every_kind_of_finding_is_found_once(shop: Seller) -> None:
    expected = await planted(shop)
    report = await audited(shop)
    assert by_kind(report.findings) == expected
    assert report.counts == dict.fromkeys(expected, 1)
