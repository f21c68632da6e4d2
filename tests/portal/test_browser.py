"""A traveler with a real browser: buys by mouse or by finger, watches, installs, travels, and comes back."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from temporalio.client import Client

from tests.support.browser import PATIENCE_MS
from tests.support.browser_visitor import DESKTOP, PHONE, Visitor, visiting
from tests.support.portal import Portal, opened
from tests.support.seller import PRODUCT, Seller, seller
from tools.simulator.fault import Fault

pytestmark = pytest.mark.debian

GIGABYTE = 10**9


@pytest.fixture(scope="module")
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=20) as shop, shop.working():
        yield shop


@pytest.fixture(scope="module")
async def portal(shop: Seller) -> AsyncIterator[Portal]:
    async with opened(shop) as portal:
        yield portal


async def is_in_order(visitor: Visitor) -> None:
    assert visitor.complaints == []
    assert await visitor.too_wide() <= 0, visitor.page.url
    assert await visitor.internals() == [], visitor.page.url


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_traveler_buys_watches_installs_travels_and_buys_the_same_again(
    shop: Seller, portal: Portal, browser: Browser, device: dict[str, Any]
) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1))
    async with visiting(browser, portal.url, device) as visitor:
        page = visitor.page
        assert await visitor.go() == 200
        await is_in_order(visitor)

        path = await visitor.buy(PRODUCT)
        await page.evaluate("window.isTheSame = true")
        await is_in_order(visitor)
        await expect(page.get_by_role("link", name="Install").first).to_be_visible(timeout=PATIENCE_MS)
        assert await page.evaluate("window.isTheSame"), "was loaded anew to show how it goes on"
        await visitor.go(path)
        await is_in_order(visitor)

        endpoint_id = await visitor.install()
        endpoint = shop.platform.endpoint(endpoint_id)
        assert await visitor.scanned() == endpoint.activation_code
        tap, code = [await page.locator(part).bounding_box() for part in (".tap", ".scan")]
        assert tap is not None
        assert code is not None
        assert (tap["y"] < code["y"]) == visitor.is_phone, "what is of use here comes first"
        for phone in ("iPhone", "Android"):
            link = await page.get_by_role("link", name=f"Install on {phone}").get_attribute("href")
            assert link is not None
            assert link.endswith(endpoint.activation_code)
        await visitor.button("Copy the activation code")
        await visitor.says("Copied.")
        assert await page.evaluate("navigator.clipboard.readText()") == endpoint.matching_id
        await is_in_order(visitor)

        await visitor.link("My eSIMs")
        await page.wait_for_url("**/esims")
        await is_in_order(visitor)
        shop.platform.use(endpoint_id, 6 * GIGABYTE)
        await visitor.button("Refresh")
        await visitor.says("24 GB left of 30 GB")
        await is_in_order(visitor)

        await visitor.button(f"Buy {PRODUCT} again")
        await expect(page.get_by_role("button", name="Confirm purchase")).to_be_visible(timeout=PATIENCE_MS)
        await is_in_order(visitor)
        await visitor.button("Confirm purchase")
        await expect(page.get_by_role("heading", name=PRODUCT, level=3)).to_have_count(2, timeout=PATIENCE_MS)
        await page.get_by_label("Other data").select_option("Wakanda Daily")
        await visitor.button("Buy other data")
        await visitor.button("Confirm purchase")
        rows = page.get_by_role("heading", name="Wakanda Daily", level=3)
        await expect(rows).to_have_count(1, timeout=PATIENCE_MS)
        await is_in_order(visitor)
        assert len(endpoint.addons) == 3


async def test_without_javascript_a_purchase_comes_to_its_qr_code(
    shop: Seller, portal: Portal, browser: Browser
) -> None:
    async with visiting(browser, portal.url, PHONE, java_script_enabled=False) as visitor:
        await visitor.buy(PRODUCT)
        endpoint_id = await visitor.install()
        assert await visitor.scanned() == shop.platform.endpoint(endpoint_id).activation_code


async def test_a_double_click_a_reload_and_a_second_tab_buy_once(
    shop: Seller, portal: Portal, browser: Browser
) -> None:
    before = shop.platform.calls["SubscribeAddon"]
    async with visiting(browser, portal.url, DESKTOP) as visitor:
        page = visitor.page
        await visitor.go()
        await visitor.choose(PRODUCT)
        confirmation = page.url
        second = await page.context.new_page()
        await second.goto(confirmation)
        await page.get_by_role("button", name="Confirm purchase").dblclick()
        await expect(page).to_have_url(
            re.compile("/purchases/"), timeout=PATIENCE_MS
        )  # the first of the clicks is cut off
        await second.get_by_role("button", name="Confirm purchase").click()
        await second.wait_for_url(page.url)
        await page.reload()
        await visitor.install()
        assert shop.platform.calls["SubscribeAddon"] == before + 1


async def bought(visitor: Visitor) -> tuple[str, str]:
    """The paths of a purchase and of what was bought."""
    purchase = await visitor.buy(PRODUCT)
    return purchase, f"/esims/{await visitor.install()}/install"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_a_barrier(portal: Portal, browser: Browser, scheme: str) -> None:
    async with visiting(browser, portal.url, PHONE, color_scheme=scheme) as visitor:
        await visitor.go()
        await visitor.choose(PRODUCT)
        checkout = visitor.page.url.removeprefix(portal.url)
        purchase, install = await bought(visitor)
        found = {}
        top_up = install.replace("/install", "/checkout?product=Wakanda+Daily")
        for path in ("/", checkout, top_up, purchase, install, "/esims", "/nothing"):
            await visitor.go(path)
            found[path] = await visitor.barriers()
            await is_in_order(visitor)
        await visitor.page.context.add_cookies([{"name": "traveler", "value": "not ours", "url": portal.url}])
        assert await visitor.go() == 503
        found["unrecognised"] = await visitor.barriers()
        await is_in_order(visitor)
        assert found == {path: [] for path in found}
