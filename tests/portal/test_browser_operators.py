"""An operator with a real browser: logs in, sees what waits, and gets it going again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from temporalio.client import Client

from contract.purchase import EsimPurchase
from tests.support.browser import PATIENCE_MS
from tests.support.browser_visitor import DESKTOP, PHONE, Visitor, visiting
from tests.support.portal import opened
from tests.support.seller import PLAN, Seller, eventually, seller
from tools.simulator.fault import Fault

pytestmark = pytest.mark.debian

PASSWORD = "the password of the tests"
NARROW: dict[str, Any] = PHONE | {"viewport": {"width": 320, "height": 640}}

SMALL = """() => [...document.querySelectorAll("button, .button, .go, input:not([type=hidden]), select")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
"""What a finger misses."""

CUT = """() => [...document.querySelectorAll("code, td, th, dd, h1, h3")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
    .map((one) => one.outerHTML)"""
"""What does not show all that it says."""

TIMES = """() => [...document.querySelectorAll("time")].map((one) => [one.dateTime, one.title || one.textContent])"""


@pytest.fixture(scope="module")
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=10) as shop, shop.working():
        yield shop


@asynccontextmanager
async def at_work(shop: Seller, browser: Browser, device: dict[str, Any], **options: Any) -> AsyncIterator[Visitor]:
    """An operator who has logged in."""
    async with (
        opened(shop, portal_operator_password=PASSWORD) as portal,
        visiting(browser, portal.url, device, **options) as visitor,
    ):
        await visitor.go("/operators")
        await visitor.page.get_by_label("Password").fill(PASSWORD)
        await visitor.button("Log in")
        yield visitor


async def is_in_order(visitor: Visitor) -> None:
    assert visitor.complaints == []
    assert await visitor.too_wide() <= 0, visitor.page.url
    assert await visitor.barriers() == [], visitor.page.url


@pytest.mark.parametrize(("device", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
async def test_an_operator_amends_a_sale_that_needs_attention(
    shop: Seller, browser: Browser, device: dict[str, Any], scheme: str
) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected", code="1014", description="Unknown plan"))
    run = await shop.start()
    await shop.reaches(run, "needs_attention")
    purchase_id = run.id.removeprefix("provision-")
    async with (
        opened(shop, portal_operator_password=PASSWORD) as portal,
        visiting(browser, portal.url, device, color_scheme=scheme) as visitor,
    ):
        page = visitor.page
        await visitor.go("/operators")
        await is_in_order(visitor)
        await page.get_by_label("Password").fill(PASSWORD)
        await visitor.button("Log in")
        await expect(page.locator(f"#sale-{purchase_id}")).to_be_visible(timeout=PATIENCE_MS)
        await visitor.says("Unknown plan")
        link = await page.get_by_role("link", name=f"Run of {purchase_id}").first.get_attribute("href")
        assert link is not None
        assert link.startswith("http://127.0.0.1:8233/namespaces/default/workflows/" + run.id)
        await is_in_order(visitor)

        await visitor.link("Cancel this sale")
        await page.wait_for_url("**/cancel")
        await is_in_order(visitor)
        await visitor.link("Leave it as it is")
        await page.locator(f"#amend-{purchase_id}").get_by_label("Product", exact=True).fill("Wakanda Daily")
        await visitor.press(page.locator(f"#amend-{purchase_id}").get_by_role("button", name="Amend"))
        sold = await run.result()
        assert sold.addon.product == "Wakanda Daily"
        await visitor.says("Nothing: no sale waits")
        await is_in_order(visitor)
        assert sold.activation_code not in await page.content()


@pytest.mark.parametrize(("device", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
async def test_an_operator_finds_an_esim_and_suspends_it_after_a_question(
    shop: Seller, browser: Browser, device: dict[str, Any], scheme: str
) -> None:
    sold = await shop.sell()
    async with at_work(shop, browser, device, color_scheme=scheme) as visitor:
        page = visitor.page
        await page.get_by_label("Endpoint id, ICCID").fill(sold.addon.purchase_id)
        await visitor.button("Find the eSIM")
        await page.wait_for_url(f"**/esims/{sold.endpoint_id}")
        await is_in_order(visitor)
        await visitor.link("Suspend the eSIM")
        await page.get_by_label("Why, in SFT's words").select_option("Not paid")
        await is_in_order(visitor)
        await visitor.button("Suspend the eSIM")
        await visitor.says("Suspended: it carries no traffic.")
        await visitor.says("non payment")
        await is_in_order(visitor)
        assert (await shop.subscription(sold.endpoint_id)).status == "suspended"


async def test_the_page_shows_what_is_new_and_leaves_alone_what_somebody_types(shop: Seller, browser: Browser) -> None:
    one, another, late = (shop.purchase(plan_id="PLAN-UNHEARD-OF") for _ in range(3))
    runs = [await shop.start(purchase) for purchase in (one, another)]
    for run in runs:
        await shop.reaches(run, "needs_attention")
    async with at_work(shop, browser, DESKTOP) as visitor:
        page = visitor.page
        await page.clock.install()
        await visitor.go("/operators")
        typed = page.locator(f"#amend-{another.purchase_id}").get_by_label("Product", exact=True)
        await typed.fill("Wakanda Dai")
        await runs[0].cancel()
        runs.append(await shop.start(late))

        async def is_renewed() -> bool | None:
            await page.clock.fast_forward(15_000)
            cards = await page.locator("article").evaluate_all("cards => cards.map((card) => card.id)")
            return cards == [f"sale-{purchase.purchase_id}" for purchase in (another, late)] or None

        await eventually(is_renewed)
        await expect(typed).to_have_value("Wakanda Dai")
        await expect(typed).to_be_focused()
        assert visitor.complaints == []
        await expect(page.get_by_text("may be old")).to_be_hidden()
        await page.context.clear_cookies()
        await page.clock.fast_forward(15_000)
        await visitor.says("What you see may be old")
        await expect(typed).to_have_value("Wakanda Dai")
    for run in runs[1:]:
        await run.cancel()


@pytest.mark.parametrize(("device", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
async def test_an_operator_has_an_audit_run_and_sees_what_puts_each_finding_right(
    shop: Seller, browser: Browser, device: dict[str, Any], scheme: str
) -> None:
    stranger = next(esim.endpoint_id for esim in shop.platform.endpoints if esim.status == "Pre-Active")
    shop.platform.set_status(stranger, "Active")
    async with at_work(shop, browser, device, color_scheme=scheme) as visitor:
        page = visitor.page
        await visitor.link("The audit")
        await page.wait_for_url("**/operators/audit")
        await visitor.button("Run it now")
        await visitor.says("One is under way")
        await shop.client.get_workflow_handle(f"audit-{shop.task_queue}").result()

        async def is_found() -> bool | None:
            await visitor.go("/operators/audit")
            return await page.get_by_text(f"--only {stranger}").is_visible() or None

        await eventually(is_found)
        await is_in_order(visitor)


@pytest.mark.parametrize(("device", "scheme"), [(NARROW, "dark"), (DESKTOP, "light")], ids=["narrow", "desktop"])
async def test_every_page_bears_long_names_and_shows_ids_whole_and_times_as_people_say_them(
    client: Client, browser: Browser, device: dict[str, Any], scheme: str
) -> None:
    traveler_id, product = "a1b2c3d4" * 8, "Wakanda" * 10 + " 1"
    async with seller(client, esims=3) as shop, shop.working():
        waiting = [long(shop, letter, product, traveler_id, "PLAN-UNHEARD-OF") for letter in "sf"]
        stuck, failed = [await shop.start(purchase) for purchase in waiting]
        for run in (stuck, failed):
            await shop.reaches(run, "needs_attention")
        await failed.cancel()
        sold = await shop.sell(long(shop, "p", product, traveler_id))
        await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon(plan_id="PLAN-UNHEARD-OF"))
        await shop.settled(sold.endpoint_id)
        await shop.run_of(sold.endpoint_id).execute_update("suspend", {"reason": "system", "ordered_by": "an" * 30})
        esim, sales = f"/operators/esims/{sold.endpoint_id}", "/operators/sales"
        pages = [
            *("/operators", "/operators/audit", esim, f"{esim}/history", f"{esim}/resume", f"{esim}/resend"),
            *(f"{sales}/{waiting[0].purchase_id}/cancel", f"{sales}/{waiting[1].purchase_id}/retry"),
            f"{esim}/addons/{sold.addon.purchase_id}/remove",
        ]
        async with at_work(shop, browser, device, color_scheme=scheme) as visitor:
            page = visitor.page
            for path in pages:
                assert await visitor.go(path) == 200, path
                await is_in_order(visitor)
                assert (await page.evaluate(CUT), path) == ([], path)
                assert device is DESKTOP or (await page.evaluate(SMALL), path) == ([], path)
                for machine, people in await page.evaluate(TIMES):
                    assert (datetime.fromisoformat(machine).utcoffset(), people[-4:]) == (timedelta(0), " UTC")
            await visitor.go("/operators")
            await expect(page.get_by_text("just now").first).to_be_visible()
            copies = page.get_by_role("button", name=f"Copy {sold.addon.purchase_id}")
            assert await copies.count() == (0 if device is DESKTOP else 1), "by mouse, one click selects it all"
            await visitor.go(esim)
            await page.get_by_role("button", name=f"Copy {traveler_id}").click()
            await visitor.says(f"Copied: {traveler_id}")
            assert await page.evaluate("navigator.clipboard.readText()") == traveler_id
        await stuck.cancel()


def long(shop: Seller, letter: str, product: str, traveler_id: str, plan_id: str = PLAN) -> EsimPurchase:
    """A purchase whose names are as long as they may be."""
    purchase_id = f"{letter}-{shop.number}-".ljust(64, "x")
    return shop.purchase(purchase_id=purchase_id, product=product, traveler_id=traveler_id, plan_id=plan_id)
