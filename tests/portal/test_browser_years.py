"""Twelve eSIMs, 25 add-ons on one and a name of 72 letters, on the narrowest phone and in either direction."""

import pytest
from playwright.async_api import Browser, expect
from temporalio.client import Client

from seller.catalog import Catalog
from tests.support import portal as portals
from tests.support.browser import PATIENCE_MS
from tests.support.browser_visitor import PHONE, visiting
from tests.support.portal import opened
from tests.support.seller import PLAN, PRODUCT, eventually, seller
from tests.support.years_of_travel import LONG, travels

pytestmark = [pytest.mark.debian, pytest.mark.long]

NARROW = PHONE | {"viewport": {"width": 320, "height": 640}}

TALL = 6_000
"""Pixels that twelve eSIMs take at most; it was 9,500 of fewer."""


@pytest.mark.parametrize(("locale", "scheme"), [("ar-EG", "light"), ("en-GB", "dark")])
async def test_nothing_scrolls_sideways_and_nothing_is_a_barrier_with_years_of_travel(
    client: Client, browser: Browser, monkeypatch: pytest.MonkeyPatch, locale: str, scheme: str
) -> None:
    monkeypatch.setattr(portals, "CATALOG", Catalog(products={PRODUCT: PLAN, LONG: "PLAN-WAKANDA-DAILY"}))
    async with (
        seller(client) as shop,
        shop.working(),
        opened(shop, portal_contact="https://help.example") as portal,
        visiting(browser, portal.url, NARROW, locale=locale, color_scheme=scheme) as visitor,
    ):
        page, found = visitor.page, {}

        async def look(name: str, path: str, status: int = 200) -> None:
            assert await visitor.go(path) == status
            await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            found[name] = [*await visitor.barriers(), *visitor.complaints, await visitor.too_wide()]

        await look("shop", "/")
        await visitor.go(f"/checkout?product={LONG}")
        await page.locator("#email").fill("traveler@example.com")
        await page.locator("#confirm button").tap()
        await page.wait_for_url("**/purchases/**")
        purchase = page.url.removeprefix(portal.url)
        link = page.locator("a[href$='/install']")
        await link.wait_for(timeout=PATIENCE_MS)
        install = await link.get_attribute("href")
        assert install
        own = install.split("/")[2]
        await look("progress", purchase)
        await look("install", install)
        await look("checkout", f"/checkout?product={LONG}")
        await look("top-up", install.replace("/install", f"/checkout?product={LONG}"))
        await look("nothing", "/nothing", 404)
        await travels(shop, (await portal.seller.subscriptions.get(own)).traveler_id)

        async def all_shown() -> bool:
            await visitor.go("/esims")
            return await page.locator(".esim").count() == 12

        await eventually(all_shown)
        assert await page.evaluate("document.documentElement.scrollHeight") < TALL
        found["folded"] = [*await visitor.barriers(), await visitor.too_wide()]
        await look("esims", "/esims")
        await page.locator(".failed button").tap()
        await expect(page.locator(".failed")).to_have_count(0, timeout=PATIENCE_MS)
        await expect(page.locator(".esim")).to_have_count(12, timeout=PATIENCE_MS)
        assert found == {name: [0] for name in found}
