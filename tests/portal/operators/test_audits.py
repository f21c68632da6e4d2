"""The operators' page of the audit, with a browser without JavaScript."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from activities import audit
from tests.portal.operators.test_overview import operator
from tests.support.html_visitor import Page
from tests.support.seller import Seller, eventually, seller


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client) as shop, shop.working():
        yield shop


async def test_an_operator_runs_an_audit_and_sees_each_finding_with_its_command(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 1.0)
    stranger = shop.platform.endpoints[1].endpoint_id
    shop.platform.set_status(stranger, "Active")
    async with operator(shop) as visitor:
        address = Page(await visitor.text("/operators")).links["The audit"]
        page = await visitor.page(address)
        assert "None is over yet" in await visitor.text(address)
        begun = await visitor.send(page, "audit")
        under_way = await visitor.text(begun.headers["location"])
        assert ("One is under way" in under_way, 'id="audit"' in under_way) == (True, False)

        async def found() -> str | None:
            html = await visitor.text(address)
            return html if stranger in html else None

        html = await eventually(found)
        assert "active without owner" in html
        assert f"starter.py audit --last --fix active-without-owner --only {stranger}" in html
        assert "in 3 attached SIMs and 0 subscriptions" in html
