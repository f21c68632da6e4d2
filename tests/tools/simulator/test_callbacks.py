import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from process.address import Address
from process.server import serving
from tests.support.sft_caller import DAILY
from tools.simulator.platform import Platform

ENDPOINT = "4000001"


class Listener:
    def __init__(self) -> None:
        self.url = ""
        self.posts: list[tuple[Any, str | None]] = []

    async def take(self, request: Request) -> Response:
        self.posts.append((json.loads(await request.body()), request.headers.get("Authorization")))
        return Response(status_code=500)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener, address = Listener(), Address("127.0.0.1", 0).listener()
    async with serving(Starlette(routes=[Route("/here", listener.take, methods=["POST"])]), address):
        listener.url = f"http://127.0.0.1:{address.getsockname()[1]}/here"
        yield listener


@pytest.mark.parametrize(
    ("kind", "names"),
    [("account", ["Addon Subscription", "eSIM Profile Status"]), ("endpoint", ["First Activation"])],
)
async def test_a_stream_is_posted_in_bulk(
    control: httpx.AsyncClient, platform: Platform, listener: Listener, kind: str, names: list[str]
) -> None:
    platform.set_status(ENDPOINT, "Active")
    platform.add_foreign_addon(ENDPOINT, DAILY)
    answer = await control.post("callbacks", json={"url": listener.url, "kind": kind, "size": 800})
    assert answer.json() == {"events": 800}
    [(body, _)] = listener.posts
    assert len(body["events"]) == 800
    ours = [event for event in body["events"] if event["iccid"] == platform.endpoint(ENDPOINT).iccid]
    assert [event["eventName"] for event in ours] == names


async def test_a_notification_names_the_endpoint_and_brings_the_token(
    control: httpx.AsyncClient, platform: Platform, listener: Listener
) -> None:
    platform.add_foreign_addon(ENDPOINT, DAILY)
    order = {"url": listener.url, "kind": "notification", "size": 800, "token": "e.y.J"}
    assert (await control.post("callbacks", json=order)).json() == {"events": 1}
    [(body, token)] = listener.posts
    assert f"endPointId={ENDPOINT} " in body["Request"]["notification"]["message"]
    assert token == "Bearer e.y.J"


async def test_where_nobody_listens_is_said_so(control: httpx.AsyncClient) -> None:
    answer = await control.post("callbacks", json={"url": "http://127.0.0.1:1/", "kind": "account"})
    assert answer.json() == {"error": "nobody takes it at that address (ConnectError)"}
