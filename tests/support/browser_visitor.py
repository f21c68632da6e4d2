"""Somebody who visits a portal with a browser, by mouse or by finger, and hears what the browser complains about."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import zxingcpp
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from PIL import Image
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.support.browser import PATIENCE_MS

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}

INTERNALS = re.compile(
    r"traceback|temporal|worker|workflow|activity|\bSFT\b|r\.?p\.?c|127\.0\.0\.1|task.queue|update_|error:",
    re.IGNORECASE,
)
"""What means nothing to a traveler."""


@dataclass
class Visitor:
    """The one page that is open, and what is wrong with it as the browser sees it."""

    page: Page
    url: str
    is_phone: bool
    complaints: list[str] = field(default_factory=list)

    def heed(self, message: ConsoleMessage) -> None:
        """Notes errors, such as what the Content-Security-Policy forbids; a page's own status is none."""
        status = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if message.type == "error" and not status:
            self.complaints.append(message.text)

    async def go(self, path: str = "/") -> int:
        """Opens a page of the portal; its status."""
        answer = await self.page.goto(f"{self.url}{path}")
        assert answer is not None
        return answer.status

    async def press(self, target: Locator) -> None:
        """With the mouse, or a finger on a phone."""
        await (target.tap if self.is_phone else target.click)(timeout=PATIENCE_MS)

    async def button(self, name: str) -> None:
        """Presses the first button of that name."""
        await self.press(self.page.get_by_role("button", name=name).first)

    async def link(self, name: str) -> None:
        """Follows the first link of that name."""
        await self.press(self.page.get_by_role("link", name=name).first)

    async def choose(self, product: str) -> None:
        """In the shop: up to where it has to be paid."""
        offer = self.page.locator("li, article, section").filter(has_text=product).last
        await self.press(offer.get_by_role("button", name="Buy").or_(offer.get_by_role("link", name="Buy")).first)
        await expect(self.page.get_by_role("button", name="Confirm purchase")).to_be_visible(timeout=PATIENCE_MS)

    async def buy(self, product: str) -> str:
        """From the shop to the progress of the purchase, whose path it returns."""
        await self.go()
        await self.choose(product)
        await self.button("Confirm purchase")
        await self.page.wait_for_url("**/purchases/**", timeout=PATIENCE_MS)
        return self.page.url.removeprefix(self.url)

    async def install(self) -> str:
        """Waits until the purchase is done and goes to the install page; the endpoint's id."""
        await expect(self.page.get_by_role("link", name="Install").first).to_be_visible(timeout=PATIENCE_MS)
        await self.link("Install")
        await self.page.wait_for_url("**/esims/*/install", timeout=PATIENCE_MS)
        return self.page.url.split("/")[-2]

    async def says(self, words: str | re.Pattern[str]) -> None:
        """Waits for these words."""
        await expect(self.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)

    async def scanned(self) -> str:
        """What a phone reads that scans the screen."""
        code = self.page.get_by_role("img", name="QR code")
        await code.scroll_into_view_if_needed()
        picture = Image.open(BytesIO(await self.page.screenshot(animations="disabled")))
        [found] = zxingcpp.read_barcodes(picture)
        return found.text

    async def too_wide(self) -> int:
        """By how many pixels the page is wider than the screen: nobody scrolls sideways."""
        wider: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    async def barriers(self) -> list[str]:
        """What keeps people from using the page: the serious and critical violations that axe finds."""
        found = (await Axe().run(self.page)).response["violations"]
        return [
            f"{one['id']}: {node['html']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    async def internals(self) -> list[str]:
        """Words on the page that mean nothing to a traveler."""
        return INTERNALS.findall(await self.page.inner_text("body"))


@asynccontextmanager
async def visiting(browser: Browser, url: str, device: dict[str, Any], **options: Any) -> AsyncIterator[Visitor]:
    """A new visitor with a browser of their own, for as long as the block lasts."""
    context = await browser.new_context(
        **device, **options, timezone_id="UTC", permissions=["clipboard-read", "clipboard-write"]
    )
    page = await context.new_page()
    visitor = Visitor(page, url, is_phone=device is PHONE)
    page.on("console", visitor.heed)
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    try:
        yield visitor
    finally:
        await context.close()
