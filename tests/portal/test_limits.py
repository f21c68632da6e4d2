import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from portal import limits
from portal.forms import SENT_AS
from portal.limits import LARGEST_BODY, MOST_KEPT, Buckets, Limits, Rate
from process.address import Address
from process.server import serving
from tests.support.html_visitor import visiting
from tests.support.portal import opened
from tests.support.ports import free_port
from tests.support.seller import Seller

NEVER = 1e-9


@asynccontextmanager
async def limited(address: Rate, caller: Rate) -> AsyncIterator[httpx.AsyncClient]:
    """A server that says how much was sent to it, within limits."""

    async def count(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    def refuse(request: Request, status: int, sentence: str) -> Response:
        return PlainTextResponse(sentence, status)

    app = Limits(
        Starlette(routes=[Route("/", count, methods=["GET", "POST"])]), refuse=refuse, address=address, caller=caller
    )
    place = Address("127.0.0.1", free_port())
    async with serving(app, place.listener()), httpx.AsyncClient(base_url=f"http://{place}") as http:
        yield http


async def test_what_is_too_large_is_refused_whether_its_length_is_told_or_not() -> None:
    async def parts(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 1024):
            yield b"x" * 1024

    async with limited(Rate(100, 100), Rate(100, 100)) as http:
        for body in (b"x" * LARGEST_BODY, parts(LARGEST_BODY)):
            assert (await http.post("/", content=body)).text == str(LARGEST_BODY)
        for body in (b"x" * (LARGEST_BODY + 1), parts(LARGEST_BODY + 1024)):
            refused = await http.post("/", content=body)
            assert (refused.status_code, refused.text) == (413, "That is too large: at most 65536 bytes can be sent.")
        assert (await http.get("/")).text == "0"


async def test_who_asks_too_often_waits_and_others_do_not() -> None:
    async with limited(Rate(6, NEVER), Rate(2, 0.5)) as http:

        async def status(**headers: str) -> int:
            return (await http.get("/", headers=headers)).status_code

        assert [await status(cookie="a=1") for _ in range(3)] == [200, 200, 429]
        refused = await http.get("/", headers={"authorization": "Bearer 1"})
        assert refused.status_code == 200
        refused = await http.get("/", headers={"cookie": "a=1"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        # Another key each time is still the same address.
        assert [await status(authorization=f"Bearer {key}") for key in range(2, 4)] == [200, 429]


def test_a_bucket_fills_again_and_only_so_many_are_kept() -> None:
    now = 0.0
    buckets = Buckets(Rate(2, 0.5), lambda: now)
    assert [buckets.wait("a") for _ in range(3)] == [0, 0, 2]
    now = 1.0
    assert buckets.wait("a") == 1
    now = 2.0
    assert [buckets.wait("a") for _ in range(2)] == [0, 2]
    for number in range(MOST_KEPT):
        buckets.wait(str(number))
    assert len(buckets._kept) == MOST_KEPT
    assert buckets.wait("a") == 0


async def test_who_sends_too_slowly_or_goes_away_halfway_is_let_go_quietly(
    open_shop: Seller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.3)
    async with opened(open_shop) as portal:
        host, _, port = portal.url.removeprefix("http://").rpartition(":")
        head = f"Host: {host}\r\nContent-Type: {SENT_AS}\r\nContent-Length: 9\r\n\r\nfor"
        for path, said in (("/api/purchases", b"TooSlow"), ("/purchases", b"<h1>Too slow</h1>"), ("/purchases", b"")):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"POST {path} HTTP/1.1\r\n{head}".encode())
            await writer.drain()
            if not said:
                writer.write_eof()
            answer = await reader.read()
            assert (answer[:12], said in answer) == (b"HTTP/1.1 408" if said else b"", True)
            writer.close()
    assert not caplog.messages


async def test_the_portal_refuses_in_the_shape_that_was_asked_for(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        large = b"x" * (LARGEST_BODY + 1)
        page = await visitor.http.post("/purchases", content=large)
        assert (page.status_code, "<h1>Too large</h1>" in page.text) == (413, True)
        problem = await visitor.http.post("/api/purchases", content=large)
        assert (problem.status_code, problem.headers["content-type"]) == (413, "application/problem+json")


async def test_who_asks_whether_the_shop_is_alive_is_told_whatever_else_is_asked(
    open_shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.app.Limits", partial(Limits, address=Rate(burst=1, per_second=0.001)))
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as http:
        assert [(await http.get("/docs")).status_code for _ in range(2)] == [200, 429]
        for method in ("GET", "HEAD"):
            alive = await http.request(method, "/live")
            assert (alive.status_code, alive.headers["cache-control"]) == (200, "no-store")
            assert "set-cookie" not in alive.headers
        assert (await http.get("/live")).text == "alive"
