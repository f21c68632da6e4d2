"""Whose web page is open on a machine where a simulator runs, and who wants to be its SFT."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tools.simulator import server as simulator
from tools.simulator.platform import Platform

FAULT = '{"call": "*", "kind": "reset", "times": 0}'


@pytest.fixture
async def control() -> AsyncIterator[httpx.AsyncClient]:
    async with simulator.serving(Platform(esims=3)) as url, httpx.AsyncClient(base_url=url[: -len("/api")]) as http:
        yield http


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "rebound.evil.example:8080"},
        {"Host": "rebound.evil.example:8080", "Origin": "http://rebound.evil.example:8080"},
        {"Host": "[evil"},
    ],
)
async def test_a_page_of_another_origin_orders_nothing_and_learns_nothing(
    control: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    calls = [("POST", "/simulator/faults"), ("DELETE", "/simulator/faults"), ("GET", "/simulator/ledger")]
    for method, path in (*calls, ("POST", "/simulator/clock"), ("POST", "/api/users/login"), ("POST", "/simulator")):
        answer = await control.request(method, path, content=FAULT, headers={"Content-Type": "text/plain"} | headers)
        assert answer.status_code == 403, (method, path)
        assert "access-control-allow-origin" not in answer.headers
    assert (await control.get("/simulator/ledger")).json()["endpoints"]


async def test_its_own_page_and_programs_order_as_before(control: httpx.AsyncClient) -> None:
    own = str(control.base_url).rstrip("/")
    for headers in ({"Origin": own}, {"Sec-Fetch-Site": "none"}, {"Host": "simulator:8080"}, {}):
        assert (await control.post("/simulator/faults", content=FAULT, headers=headers)).json() == {"ordered": 1}
