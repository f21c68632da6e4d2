import asyncio
import signal
import socket
from time import monotonic

import httpx
import pytest

from tests.support.sft_caller import HEADERS, Caller
from tests.support.waiting import until
from tools.simulator.fault import Fault, Kind
from tools.simulator.platform import Platform
from tools.simulator.server import serving


async def test_it_listens_before_the_base_url_is_known() -> None:
    async with serving(Platform(esims=0)) as url:
        port = httpx.URL(url).port
        assert url == f"http://127.0.0.1:{port}/api"
        with socket.create_connection(("127.0.0.1", port or 0), timeout=1):
            pass


async def test_nobody_listens_once_it_is_left() -> None:
    async with serving(Platform(esims=0)) as url:
        pass
    async with httpx.AsyncClient(base_url=url) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("fetchSIM")


@pytest.mark.parametrize("kind", ["delay", "late"])
async def test_it_stops_at_once_although_a_call_is_held(
    kind: Kind, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    platform = Platform(esims=1)
    async with serving(platform) as url:
        http = httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30)
        platform.order(Fault(call="*", kind=kind, delay_seconds=60))
        call = asyncio.create_task(Caller(http).login())
        await until(lambda: bool(platform.log))
        started = monotonic()
    assert monotonic() - started < 30
    with pytest.raises(httpx.RemoteProtocolError):
        await call
    await http.aclose()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


async def test_late_work_is_abandoned_when_it_stops() -> None:
    platform = Platform(esims=1)
    async with serving(platform) as url:
        http = httpx.AsyncClient(base_url=url, headers=HEADERS)
        caller = Caller(http)
        await caller.login()
        platform.order(Fault(call="EndPointActivation", kind="late", delay_seconds=0.3))
        call = asyncio.create_task(caller.activate("4000001"))
        await until(lambda: len(platform.log) == 2)
    with pytest.raises(httpx.RemoteProtocolError):
        await call
    await http.aclose()
    await platform.late_work_done()
    assert not platform.log[-1].done
    assert platform.endpoint("4000001").status == "Pre-Active"


async def test_a_platform_can_be_served_again_on_the_same_port() -> None:
    platform = Platform(esims=1)
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        await Caller(http).login()
    port = httpx.URL(url).port or 0
    async with serving(platform, port=port) as again, httpx.AsyncClient(base_url=again, headers=HEADERS) as http:
        assert again == url
        await Caller(http).login()
    assert platform.calls == {"login": 2}


async def test_an_answer_is_not_held_back_by_tcp() -> None:
    async with serving(Platform(esims=1)) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as http:
        durations = [(await Caller(http).login()).elapsed.total_seconds() for _ in range(20)]
    assert min(durations[1:]) < 0.03


async def test_two_platforms_can_be_served_side_by_side() -> None:
    one, other = Platform(esims=1), Platform(esims=1)
    async with serving(one) as first, serving(other) as second:
        assert first != second
        async with httpx.AsyncClient(base_url=second, headers=HEADERS) as http:
            await Caller(http).login()
    assert (one.calls, other.calls) == ({}, {"login": 1})


async def test_a_port_in_use_is_an_os_error() -> None:
    async with serving(Platform(esims=0)) as url:
        with pytest.raises(OSError, match="in use"):
            async with serving(Platform(esims=0), port=httpx.URL(url).port or 0):
                pass


async def test_the_signal_handlers_stay_as_they_are() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with serving(Platform(esims=0)):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


async def test_an_ipv6_address_is_written_in_brackets() -> None:
    async with serving(Platform(esims=0), host="::1") as url:
        assert url.startswith("http://[::1]:")
