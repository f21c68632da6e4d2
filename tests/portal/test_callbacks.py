"""SFT's event posts: an endpoint that is known is looked at soon, and nothing else comes of them."""

import json
import logging
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from portal.callbacks import MOST_NAMED, Callbacks, endpoints_in
from seller.client import SellerClient
from tests.support.portal import opened
from tests.support.seller import Seller, eventually
from tools.simulator.plan import GIGABYTE
from workflows import usage_watch

SECRET = "made-up-for-the-callbacks"


async def test_a_burst_of_events_is_one_signal_and_one_look(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_watch, "SOON", timedelta(seconds=1))
    sold = await shop.sell()
    looks = shop.platform.calls["GetEndPointProfile"]
    shop.platform.use(sold.endpoint_id, 10 * GIGABYTE)
    event = {"event": "Addon Activation", "data": [{"endPointId": int(sold.endpoint_id)}]}
    async with (
        opened(shop, portal_callback_secret=SecretStr(SECRET)) as portal,
        httpx.AsyncClient(base_url=portal.url) as sft,
    ):
        for _ in range(3):
            answer = await sft.post(f"/callbacks/sft/{SECRET}", json=event)
            assert (answer.status_code, answer.content) == (204, b"")

        async def read() -> bool:
            usage = (await shop.subscription(sold.endpoint_id)).addons[0].usage
            return usage is not None and usage.remaining_bytes == 20 * GIGABYTE

        await eventually(read)
    assert shop.platform.calls["GetEndPointProfile"] == looks + 1
    history = await shop.run_of(sold.endpoint_id).fetch_history()
    signals = [event.workflow_execution_signaled_event_attributes.signal_name for event in history.events]
    assert signals.count("look_soon") == 1


async def test_without_the_secret_there_is_nothing(shop: Seller) -> None:
    async with (
        opened(shop) as closed,
        opened(shop, portal_callback_secret=SecretStr(SECRET)) as portal,
        httpx.AsyncClient() as sft,
    ):
        elsewhere = await sft.post(f"{portal.url}/elsewhere")
        for url in (f"{portal.url}/callbacks/sft/{SECRET}2", f"{closed.url}/callbacks/sft/{SECRET}"):
            answer = await sft.post(url, json={})
            assert (answer.status_code, answer.text) == (404, elsewhere.text)


async def test_what_is_not_ours_is_counted_and_dropped(open_shop: Seller, caplog: pytest.LogCaptureFixture) -> None:
    callbacks = Callbacks(SellerClient(open_shop.client, open_shop.task_queue))
    sold = await open_shop.sell()
    with caplog.at_level(logging.INFO, "portal"):
        for content in (
            {"endPointId": f"9{sold.endpoint_id}"},
            {"iccid": sold.iccid},
            {"endPointId": sold.endpoint_id},
        ):
            await callbacks.take(json.dumps(content).encode())
    assert callbacks.counts == {"unknown": 1, "nameless": 1, "told": 1}
    assert len(caplog.messages) == 2
    assert not [line for line in caplog.messages if sold.endpoint_id in line or sold.iccid in line]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"Request": {"endPointId": "4000001"}}', ["4000001"]),
        (b'[{"endpointId": 4000001}, {"end_point_id": "4000002"}, {"ENDPOINTID": "4000001"}]', ["4000001", "4000002"]),
        (b"event=First+Activation&endPointId=4000001", ["4000001"]),
        (b'{"endPointId": "../4000001"}', []),
        (b'{"endPointId": true, "endpointId": null, "iccid": "8932"}', []),
        (b'{"endPointId": "-\\n"}', []),
        (b"<event>4000001</event>", []),
        (b"\xff\xfe\x00", []),
        (b"[" * 60_000, []),
        (b'{"endPointId": 1' + b"0" * 60_000 + b"}", []),
        (b"", []),
    ],
)
def test_an_endpoint_is_found_however_it_is_posted_and_nothing_else_is(body: bytes, found: list[str]) -> None:
    assert endpoints_in(body) == found


def test_one_post_names_no_more_endpoints_than_somebody_could_mean() -> None:
    assert len(endpoints_in(json.dumps([{"endPointId": number} for number in range(1000)]).encode())) == MOST_NAMED
