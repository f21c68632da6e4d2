"""A shop below a path of a host that has other things too, by a proxy that takes the path off or leaves it there."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urljoin

import httpx
import pytest
from pydantic import SecretStr

from portal.keys import ApiKeys
from portal.settings import PortalServerSettings
from tests.support.html_visitor import Page, Visitor
from tests.support.portal import opened
from tests.support.seller import PRODUCT, Seller
from tests.support.settings import refusal

PREFIX = "/shops/esim"
PASSWORD = "correct horse battery staple"
TARGET = re.compile(r'(href|src|action|data-live)="([^"]*)"')


class TakesOff(httpx.AsyncHTTPTransport):
    """The way through a proxy that passes a path on without the prefix, and nothing outside of it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        assert path.startswith(PREFIX), f"{path} is not ours"
        url = request.url.copy_with(raw_path=(path.removeprefix(PREFIX) or "/").encode())
        return await super().handle_async_request(
            httpx.Request(request.method, url, headers=request.headers, stream=request.stream)
        )


@asynccontextmanager
async def visiting_below(shop: Seller, tmp_path: Path, *, takes_off: bool) -> AsyncIterator[tuple[Visitor, str]]:
    """Somebody who comes by the proxy, and a key of the REST API."""
    keys = tmp_path / "keys.json"
    key = ApiKeys(keys).add("portal")
    settings = {"portal_prefix": PREFIX, "portal_api_keys": str(keys), "portal_operator_password": SecretStr(PASSWORD)}
    transport = TakesOff() if takes_off else None
    async with (
        opened(shop, **settings) as portal,
        httpx.AsyncClient(base_url=portal.url, transport=transport, timeout=30) as http,
    ):
        yield Visitor(http), key


async def walk(visitor: Visitor, *starts: str) -> set[str]:
    """Follows every link from there, and tells which paths there were; fails at one that leads out or nowhere."""
    seen, waiting = set[str](), list(starts)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await visitor.http.get(path)
        assert answer.status_code == 200, f"{path} answers {answer.status_code}"
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for kind, target in TARGET.findall(answer.text):
            if target.startswith(("https://", "http://", "mailto:", "#", "?")):
                continue
            assert target.startswith(f"{PREFIX}/"), f"{path} leads to {target}"
            if kind in ("href", "src"):
                waiting.append(urljoin(path, target).partition("#")[0])
    return seen


@pytest.mark.parametrize("takes_off", [True, False])
async def test_a_traveler_buys_below_a_prefix_and_every_link_leads_there(
    open_shop: Seller, tmp_path: Path, takes_off: bool
) -> None:
    async with visiting_below(open_shop, tmp_path, takes_off=takes_off) as (visitor, _):
        page = await visitor.page(f"{PREFIX}/checkout?{urlencode({'product': PRODUCT})}")
        bought = await visitor.send(page, "confirm")
        address = bought.headers["location"]
        assert (bought.status_code, address.startswith(f"{PREFIX}/purchases/W-")) == (303, True)
        assert {cookie.path for cookie in visitor.http.cookies.jar} == {PREFIX}
        await visitor.has(address, "Your eSIM is ready")
        seen = await walk(visitor, f"{PREFIX}/", address)
        for part in ("/esims", "/install", "/static/portal.css", "/static/portal.js", "/static/icon.svg"):
            assert any(part in path for path in seen), part
        async with visitor.http.stream("GET", f"{address}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            assert f'href="{PREFIX}/esims/' in "".join([text async for text in events.aiter_text()])
        esims = Page(await visitor.text(f"{PREFIX}/esims"))
        [refresh] = [name for name in esims.forms if name.startswith("refresh-")]
        refreshed = await visitor.send(esims, refresh)
        assert refreshed.headers["location"].startswith(f"{PREFIX}/esims?note=refreshed")


@pytest.mark.parametrize("takes_off", [True, False])
async def test_operators_and_programs_work_below_a_prefix(open_shop: Seller, tmp_path: Path, takes_off: bool) -> None:
    open_shop.platform.add_esims(2)
    async with visiting_below(open_shop, tmp_path, takes_off=takes_off) as (visitor, key):
        asked = await visitor.http.get(f"{PREFIX}/operators")
        assert asked.headers["location"] == f"{PREFIX}/operators/login"
        login = await visitor.page(f"{PREFIX}/operators/login")
        entered = await visitor.send(login, "login", password=PASSWORD)
        assert entered.headers["location"] == f"{PREFIX}/operators"
        esim = f"{PREFIX}/operators/esims/{(await open_shop.sell()).endpoint_id}"
        seen = await walk(visitor, f"{PREFIX}/operators", esim, f"{PREFIX}/docs")
        walked = (f"{PREFIX}/operators/audit", f"{esim}/history", f"{esim}/close", f"{PREFIX}/api/openapi.json")
        assert set(walked) <= seen

        rest = {"Authorization": f"Bearer {key}"}
        described = (await visitor.http.get(f"{PREFIX}/api/openapi.json")).json()
        assert described["servers"] == [{"url": f"{PREFIX}/api"}]
        missing = (await visitor.http.get(f"{PREFIX}/api/purchases/P-none", headers=rest)).json()
        assert missing["type"] == f"{PREFIX}/docs#NotFound"
        order = {"purchase_id": f"P-{open_shop.number}-{takes_off}", "traveler_id": "T-1", "product": PRODUCT}
        prefer = rest | {"Prefer": "respond-async"}
        bought = await visitor.http.post(f"{PREFIX}/api/purchases", headers=prefer, json=order)
        assert bought.headers["location"] == f"{PREFIX}/api/purchases/{order['purchase_id']}"
        assert (await visitor.http.get(bought.headers["location"], headers=rest)).status_code in (200, 202)


async def test_two_shops_of_one_host_do_not_take_each_others_cookies(open_shop: Seller) -> None:
    names = set()
    for prefix in ("", "/esim", "/other/esim"):
        async with (
            opened(open_shop, portal_prefix=prefix, portal_https=True) as portal,
            httpx.AsyncClient(base_url=portal.url, timeout=60) as http,
        ):
            written = (await http.get("/")).headers.get_list("set-cookie")
        [(name, morsel)] = [one for text in written for one in SimpleCookie(text).items() if "traveler" in one[0]]
        assert (name.startswith("__Host-"), morsel["path"]) == (True, "/")
        names.add(name)
    assert len(names) == 3


@pytest.mark.parametrize(
    ("prefix", "kept"), [("/esim", "/esim"), ("esim/", "/esim"), ("/a/b/", "/a/b"), ("/", None), ("", None)]
)
def test_a_prefix_may_be_written_with_or_without_its_slashes(prefix: str, kept: str | None) -> None:
    assert PortalServerSettings(portal_secret=SecretStr("so made up" * 4), portal_prefix=prefix).portal_prefix == kept


@pytest.mark.parametrize(
    ("prefix", "why"),
    [
        ("/esims", "begins with /esims, which is a path of the shop's own"),
        ("/api/esim", "begins with /api"),
        ("/e sim", "is not a path such as /esim"),
        ("/a/../b", "is not a path such as /esim"),
        ("//evil.example//x", "is not a path such as /esim"),
        ("https://shop.example/esim", "is not a path such as /esim"),
    ],
)
def test_what_can_be_no_prefix_is_refused(monkeypatch: pytest.MonkeyPatch, prefix: str, why: str) -> None:
    variables = {"PORTAL_SECRET": "so made up" * 4, "PORTAL_PREFIX": prefix}
    refusal(monkeypatch, PortalServerSettings, variables, f"PORTAL_PREFIX .*{why}")
