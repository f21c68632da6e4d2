"""A traveler with a real browser in a language that is written from left to right, and in one from right to left."""

import pytest
from playwright.async_api import Browser, expect
from temporalio.client import Client

from tests.support.browser import PATIENCE_MS
from tests.support.browser_visitor import PHONE, visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, seller

pytestmark = [pytest.mark.debian, pytest.mark.long]


@pytest.mark.parametrize(
    ("locale", "direction", "buy", "confirm", "install", "mine"),
    [
        ("de-DE", "ltr", "Kaufen", "Kauf bestätigen", "Installieren", "Meine eSIMs"),
        ("ar-EG", "rtl", "شراء", "تأكيد الشراء", "تثبيت", "شرائح eSIM الخاصة بي"),
    ],
)
async def test_a_traveler_buys_and_installs_in_either_direction_and_no_page_has_a_barrier(
    client: Client, browser: Browser, locale: str, direction: str, buy: str, confirm: str, install: str, mine: str
) -> None:
    async with (
        seller(client) as shop,
        shop.working(),
        opened(shop) as portal,
        visiting(browser, portal.url, PHONE, locale=locale) as visitor,
    ):
        page, found = visitor.page, {}

        async def look(name: str) -> None:
            assert await page.evaluate("document.documentElement.dir") == direction
            assert await page.evaluate("document.documentElement.lang") == locale[:2]
            assert await visitor.too_wide() <= 0, name
            found[name] = [*await visitor.barriers(), *visitor.complaints]

        await visitor.go()
        await look("shop")
        await visitor.press(page.locator("li", has_text=PRODUCT).get_by_role("button", name=buy))
        await expect(page.get_by_role("button", name=confirm)).to_be_visible(timeout=PATIENCE_MS)
        await look("checkout")
        await visitor.button(confirm)
        await expect(page.get_by_role("link", name=install).first).to_be_visible(timeout=PATIENCE_MS)
        await look("progress")
        await visitor.link(install)
        await page.wait_for_url("**/esims/*/install")
        for topic in await page.locator("details").all():
            await topic.locator("summary").click()
        await look("install")
        await visitor.link(mine)
        await page.wait_for_url("**/esims")
        await look("esims")
        await visitor.link("日本語")
        await expect(page.locator("html")).to_have_attribute("lang", "ja")
        await visitor.go("/")
        await expect(page.locator("html")).to_have_attribute("lang", "ja")
        cookies = {cookie.get("name"): cookie.get("value") for cookie in await page.context.cookies()}
        assert (cookies["language"], cookies["timezone"]) == ("ja", "UTC")
        assert list(found) == ["shop", "checkout", "progress", "install", "esims"]
        assert not any(found.values()), found
