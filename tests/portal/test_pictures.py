"""The pictures of the portal. With SCREENSHOTS=docs (make screenshots) they are those in docs/."""

import os
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.browser import chromium
from tests.support.browser_visitor import DESKTOP, PHONE, Visitor, visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, seller
from tools.simulator.fault import Fault

pytestmark = pytest.mark.debian

GIGABYTE = 10**9
PASSWORD = "the password of the tests"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(os.environ.get("SCREENSHOTS", tmp_path))


async def picture(visitor: Visitor, directory: Path, name: str, *, whole: bool = False) -> None:
    path = directory / f"portal-{name}.png"
    await visitor.page.screenshot(path=path, animations="disabled", full_page=whole)
    assert path.stat().st_size > 10_000


async def test_pictures_of_a_purchase(client: Client, directory: Path) -> None:
    async with (
        seller(client) as shop,
        shop.working(),
        opened(shop) as portal,
        chromium() as browser,
        visiting(browser, portal.url, PHONE) as visitor,
    ):
        await visitor.go()
        await picture(visitor, directory, "shop")
        shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1.5))
        await visitor.buy(PRODUCT)
        await visitor.says("Your data is being added")
        await picture(visitor, directory, "progress")
        endpoint_id = await visitor.install()
        await picture(visitor, directory, "install")
        await visitor.link("My eSIMs")
        shop.platform.use(endpoint_id, 11 * GIGABYTE)
        await visitor.button(f"Buy {PRODUCT} again")
        await visitor.button("Confirm purchase")
        await visitor.button("Refresh")
        await visitor.says("19 GB left of 30 GB")
        await visitor.go("/esims")
        await picture(visitor, directory, "esims")


async def test_a_picture_of_what_operators_see(client: Client, directory: Path) -> None:
    async with (
        seller(client, esims=20) as shop,
        shop.working(),
        opened(shop, portal_operator_password=PASSWORD) as portal,
        chromium() as browser,
        visiting(browser, portal.url, DESKTOP) as visitor,
    ):
        for traveler_id in ("T-41", "T-42"):
            await shop.sell(shop.purchase(traveler_id=traveler_id))
        shop.platform.order(Fault(call="SubscribeAddon", kind="rejected", code="1014", description="Unknown plan"))
        stuck = await shop.start(shop.purchase(traveler_id="T-43"))
        await shop.reaches(stuck, "needs_attention")
        await visitor.go("/operators")
        await visitor.page.get_by_label("Password").fill(PASSWORD)
        await visitor.button("Log in")
        await visitor.says("Unknown plan")
        await picture(visitor, directory, "operators", whole=True)
        await stuck.cancel()
