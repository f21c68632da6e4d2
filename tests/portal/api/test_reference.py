import asyncio
import re
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser
from starlette.routing import Mount

from portal.api.descriptions import EXAMPLES, FIELDS, TYPES
from portal.api.openapi import described
from portal.api.problems import MEANINGS
from portal.api.problems import PROBLEM_JSON as PROBLEM
from portal.api.reference import prose
from tests.support.browser_visitor import DESKTOP, PHONE, visiting
from tests.support.portal import Portal, opened
from tests.support.seller import Seller


def plain(portal: Portal) -> dict[str, Any]:
    """The description as the page has it: types that programs are told as several are one there."""
    [rest] = [route.app for route in portal.app.routes if isinstance(route, Mount) and route.path == "/api"]
    assert isinstance(rest, FastAPI)
    return described(rest)


async def test_the_page_for_people_describes_every_call_and_every_problem(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as client:
        page = await client.get("/docs")
        described = (await client.get("/api/openapi.json")).json()
        assert page.status_code == 200
        for path, item in described["paths"].items():
            for method in item:
                assert f"{method.upper()} /api{path}" in page.text
        anchors = set(re.findall(r'id="(\w+)"', page.text))
        assert set(MEANINGS) <= anchors
        assert set(re.findall(r'href="#(\w+)"', page.text)) - {"main"} <= anchors
        assert not re.search(r"<script>|style=|https?://", page.text)


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns all the time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


async def test_who_come_first_all_at_once_are_all_shown_the_page(open_shop: Seller, hasty: None) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as client:
        pages = await asyncio.gather(*(client.get("/docs") for _ in range(20)))
        assert {page.status_code for page in pages} == {200}


async def test_the_page_is_written_for_who_makes_a_portal(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as client:
        page = (await client.get("/docs")).text
        described = plain(portal)
    schemas, calls = described["components"]["schemas"], [one for item in described["paths"].values() for one in item]
    for call in (call for item in described["paths"].values() for call in item.values()):
        assert f'<li><a href="#{call["operationId"]}">' in page  # at the top
    for failure, meaning in MEANINGS.items():
        assert f'<dt id="{failure}"><strong>{failure}</strong> ({meaning.status})' in page
        assert f"What to do: {prose(meaning.remedy)}." in page
    assert "show nobody but your operators its <code>detail</code>" in page
    assert page.count("purchase_id&#34;: &#34;P-300") == 2
    assert calls.count("post") == page.count("as JSON, such as:") + 2  # usage and cancel have no body
    for nested in ("AddonError", "Usage", "FirstAddon"):
        assert f'<a href="#{nested}">{nested}</a> or null' in page or f'<span class="hint"><a href="#{nested}">' in page
    for foreign in ("`", "Successful Response", "nothing is charged", "My eSIMs", "updates ", "query ", "Workflow"):
        assert foreign not in page
    used = {f"{name}.{field}" for name, schema in schemas.items() for field in schema.get("properties", ())}
    assert (set(schemas), set(EXAMPLES) <= set(schemas)) == (set(TYPES), True)
    assert set(FIELDS) <= used | {one.partition(".")[2] for one in used}


async def test_a_call_lists_what_it_can_be_answered_with_and_no_more(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    for item in paths.values():
        for method, call in item.items():
            answers = call["responses"].values()
            told = {failure for one in answers for failure in one["content"].get(PROBLEM, {}).get("examples", ())}
            assert {"Unauthorized", "Unavailable"} <= told
            assert ("AddonRejected" in told) == (
                call["operationId"] in ("sell_esim", "buy_addon", "remove_addon", "refund_esim")
            )
            orders = method == "post" and call["operationId"] not in ("cancel_purchase", "amend_purchase")
            asks_sft = orders or call["operationId"] in ("get_stock", "check_esim")
            assert ("SftUnavailable" in told) == asks_sft, call["operationId"]
            assert ("TooLarge" in told) == ("requestBody" in call)


@pytest.mark.debian
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_nothing_on_the_page_keeps_people_from_using_it(
    open_shop: Seller, browser: Browser, device: dict[str, Any]
) -> None:
    async with opened(open_shop) as portal, visiting(browser, portal.url, device) as visitor:
        await visitor.page.goto(f"{portal.url}/docs")
        assert (await visitor.barriers(), await visitor.too_wide(), visitor.complaints) == ([], 0, [])
