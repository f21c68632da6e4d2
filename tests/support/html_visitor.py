"""A traveler with a browser without JavaScript: cookies are kept, forms are sent as they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx

from tests.support.seller import PRODUCT, eventually


class Page(HTMLParser):
    """The forms of a page, by their ids, and its links, by what they say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.actions: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self._form = ""
        self._href: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._form = given["id"]
                self.forms[self._form] = {}
                self.actions[self._form] = given["action"]
            case "input" | "select":
                self.forms[self._form][given["name"]] = given.get("value", "")
            case "a":
                self._href = given["href"]

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self.links[data.strip()] = self._href
            self._href = None


class Visitor:
    """Looks, clicks, and sends forms."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def page(self, address: str) -> Page:
        """A page that can be shown."""
        return Page(await self.text(address))

    async def text(self, address: str) -> str:
        """The HTML of a page that can be shown."""
        answer = await self.http.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, page: Page, form_id: str, **fields: str) -> httpx.Response:
        """Sends a form of a page."""
        return await self.http.post(page.actions[form_id], data=page.forms[form_id] | fields)

    async def checkout(self, product: str = PRODUCT) -> Page:
        """The page before a purchase."""
        answer = await self.http.get("/checkout", params={"product": product})
        return Page(answer.text)

    async def top_up_text(self, endpoint_id: str, product: str = PRODUCT) -> str:
        """The HTML of the page before more data is bought for an eSIM."""
        return await self.text(f"/esims/{endpoint_id}/checkout?{urlencode({'product': product})}")

    async def top_up(self, endpoint_id: str, product: str = PRODUCT) -> Page:
        """The page before more data is bought for an eSIM."""
        return Page(await self.top_up_text(endpoint_id, product))

    async def buy(self) -> str:
        """Buys in the shop: the address of the purchase."""
        answer = await self.send(await self.checkout(), "confirm")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def has(self, address: str, words: str) -> str:
        """A page, once it says so."""

        async def said() -> str | None:
            text = (await self.http.get(address)).text
            return text if words in text else None

        return await eventually(said)

    async def owns(self) -> str:
        """Buys, waits until it is there: the endpoint."""
        page = Page(await self.has(await self.buy(), "Your eSIM is ready"))
        return page.links["Install"].split("/")[2]


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Visitor]:
    """Somebody new."""
    async with httpx.AsyncClient(base_url=url, timeout=100) as http:
        yield Visitor(http)
