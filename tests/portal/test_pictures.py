"""The pictures of the portal. With SCREENSHOTS=docs (make screenshots) they are those in docs/."""

import os
from pathlib import Path

import pytest
from temporalio.client import Client

from simulator.fault import Fault
from tests.browser import chromium
from tests.portal.open import opened
from tests.portal.visitor import PHONE, Visitor, visiting
from tests.seller import PRODUCT, seller

pytestmark = pytest.mark.debian

GIGABYTE = 1024**3
PASSWORD = "the password of the tests"


async def test_pictures_of_a_purchase(client: Client, tmp_path: Path) -> None:
    async def picture(visitor: Visitor, name: str) -> None:
        directory = Path(os.environ.get("SCREENSHOTS", tmp_path))
        await visitor.page.screenshot(path=directory / f"portal-{name}.png", animations="disabled")

    async with (
        seller(client) as shop,
        shop.working(),
        opened(shop) as portal,
        chromium() as browser,
        visiting(browser, portal.url, PHONE) as visitor,
    ):
        await visitor.go()
        await picture(visitor, "shop")
        shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1.5))
        await visitor.buy(PRODUCT)
        await visitor.says("Your data is being added")
        await picture(visitor, "progress")
        endpoint_id = await visitor.install()
        await picture(visitor, "install")
        await visitor.link("My eSIMs")
        shop.platform.use(endpoint_id, 11 * GIGABYTE)
        await visitor.button("Buy the same again")
        await visitor.button("Refresh")
        await visitor.says("19 GB left of 30 GB")
        await visitor.go("/esims")
        await picture(visitor, "esims")
