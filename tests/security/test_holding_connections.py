"""Who holds connections without asking for anything, to keep a server from others, or from opening files itself."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from process import connection
from process.address import Address
from process.connection import CUT_OFF
from process.server import serving, site
from tests.support.codec_server import codec_server
from tests.support.encryption_keys import ring
from tests.support.held import held
from tests.support.portal import opened
from tests.support.ports import free_port
from tests.support.seller import Seller
from tests.support.waiting import until
from tests.support.worker_process import worker_process
from tools.simulator import server as simulator
from tools.simulator.platform import Platform

HALF_A_HEAD = b"GET /live HTTP/1.1\r\nHost: shop.example\r\nX-Slow: "
HALF_A_BODY = b"POST /slow HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\nhalf"
ASKED = b"GET /large HTTP/1.1\r\nHost: shop.example\r\n\r\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is given longer than half a second."""
    monkeypatch.setattr(connection, "SECONDS", {"head": 0.5, "body": 0.5, "answer": 3})
    monkeypatch.setattr(connection, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(connection, "LINE_SECONDS", 0.1)
    CUT_OFF.counts.clear()


@asynccontextmanager
async def slow_site() -> AsyncIterator[str]:
    """A server that reads what it is sent, answers more than a socket takes at once, or takes its time."""

    async def slow(request: Request) -> Response:
        try:
            return PlainTextResponse(str(len(await request.body())))
        except ClientDisconnect:
            return Response(status_code=400)

    async def large(_: Request) -> Response:
        return PlainTextResponse("x" * 30_000_000)

    async def patient(_: Request) -> Response:
        await asyncio.sleep(1.5)
        return PlainTextResponse("at last")

    routes = [Route("/slow", slow, methods=["POST"]), Route("/large", large), Route("/patient", patient)]
    listener = Address("127.0.0.1", 0).listener()
    async with serving(site(routes), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.usefixtures("quick")
async def test_every_server_cuts_off_who_is_silent_or_sends_half_a_head(
    open_shop: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(open_shop) as portal, codec_server(ring(1)) as codec, simulator.serving(Platform()) as sft:
        for url in (portal.url, codec.url, sft):
            CUT_OFF.counts.clear()
            silent, half = await held(url, number=50), await held(url, HALF_A_HEAD, number=50)
            trickling = asyncio.create_task(half.trickle(b"x", 0.1))
            await asyncio.gather(silent.cut_off_within(5), half.cut_off_within(5))
            trickling.cancel()
            assert CUT_OFF.counts == {"head": 100}
        await until(lambda: "sent no whole head of a request in time" in caplog.text)


@pytest.mark.usefixtures("quick")
async def test_who_draws_out_a_body_or_does_not_take_the_answer_is_cut_off_and_who_waits_for_it_is_not() -> None:
    async with slow_site() as url:
        body = await held(url, HALF_A_BODY)
        await body.cut_off_within(5)
        assert CUT_OFF.counts == {"body": 1}

        greedy = await held(url, ASKED)
        await until(lambda: CUT_OFF.counts["answer"] == 1)
        greedy.let_go()
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/patient")).text == "at last"
            assert len((await http.get("/large")).text) == 30_000_000


@pytest.mark.usefixtures("quick")
async def test_who_begins_another_request_on_a_connection_and_does_not_end_it_is_cut_off() -> None:
    async with slow_site() as url:
        whole = HALF_A_BODY + b" done"
        async with asyncio.timeout(10):
            again = await held(url, whole)
            await again.readers[0].readuntil(b"\r\n\r\n9")
            trickling = asyncio.create_task(again.trickle(b"G", 0.1))
            await again.cut_off_within(5)
            trickling.cancel()


async def test_more_connections_than_can_be_held_end_the_idlest_and_a_caller_is_still_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 20)
    CUT_OFF.counts.clear()
    async with slow_site() as url, httpx.AsyncClient(base_url=url) as http:
        waiting = asyncio.create_task(http.get("/patient"))
        flood = await held(url, HALF_A_HEAD, number=100)
        assert (await http.post("/slow", content=b"1234")).text == "4"
        assert (await waiting).text == "at last"
        assert CUT_OFF.counts["crowd"] >= 80
        flood.let_go()


async def test_what_is_not_http_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    CUT_OFF.counts.clear()
    async with slow_site() as url:
        for nonsense in (b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
            await (await held(url, nonsense, number=10)).cut_off_within(5)
        async with httpx.AsyncClient(base_url=url) as http:
            await http.get("/patient", headers={"Connection": "upgrade", "Upgrade": "websocket"})
    assert CUT_OFF.counts["unreadable"] == 20
    assert [record for record in caplog.records if not record.name.startswith("http")] == []


async def test_a_worker_cuts_off_who_holds_its_metrics_or_its_readiness(open_shop: Seller) -> None:
    metrics, readiness = (f"127.0.0.1:{free_port()}" for _ in range(2))
    async with worker_process(open_shop, METRICS_ADDRESS=metrics, READINESS_ADDRESS=readiness) as worker:
        async with httpx.AsyncClient() as http, asyncio.timeout(60):
            while await _status(http, f"http://{readiness}/ready") != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            attackers = [
                await held(f"http://{address}", sent, number=100)
                for address in (metrics, readiness)
                for sent in (b"", HALF_A_HEAD)
            ]
            await asyncio.gather(*(attacker.cut_off_within(15) for attacker in attackers))
            assert "esim_worker_info" in (await http.get(f"http://{metrics}/metrics")).text
        assert len(os.listdir(f"/proc/{worker.pid}/fd")) < 100


async def _status(http: httpx.AsyncClient, url: str) -> int:
    try:
        return (await http.get(url)).status_code
    except httpx.HTTPError:
        return 0
