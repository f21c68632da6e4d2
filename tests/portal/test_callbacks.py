"""SFT's event posts: answered at once, told to the eSIMs that they name, and nothing else comes of them."""

import json
import logging
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from temporalio.client import Client

from contract.subscription import Subscription
from portal.callbacks import LARGEST_POST, PATH, Callbacks
from portal.settings import PortalServerSettings
from seller.client import SellerClient
from seller.server import usual_patience
from tests.support.cable import cable
from tests.support.portal import SECRET as PORTAL_SECRET
from tests.support.portal import Portal, opened
from tests.support.seller import Seller, eventually
from tools.simulator.plan import GIGABYTE
from workflows import usage_watch

SECRET = "made-up-for-the-callbacks"
ADDRESS = f"/callbacks/sft/{SECRET}"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTRlQifQ.c2lnbmVkLWJ5LXRoZS1zZWxsZXI"


def callbacks_of(
    shop: Seller, patience: Callable[[], float] = usual_patience, client: Client | None = None
) -> Callbacks:
    """Those of a portal that waits so long for Temporal."""
    settings = {"portal_secret": SecretStr(PORTAL_SECRET), "portal_callback_secret": SecretStr(SECRET)}
    seller = SellerClient(client or shop.client, shop.task_queue, patience=patience)
    return Callbacks(seller, PortalServerSettings.model_validate(settings))


async def post(callbacks: Callbacks, content: object) -> None:
    """Has them see to one post."""
    await callbacks.take(json.dumps(content).encode())
    await callbacks.finish(10)


async def signals_of(shop: Seller, endpoint_id: str) -> list[str]:
    """The signals that tell an eSIM of events."""
    history = await shop.run_of(endpoint_id).fetch_history()
    names = [event.workflow_execution_signaled_event_attributes.signal_name for event in history.events]
    return [name for name in names if name in ("look_soon", "profile_changed")]


async def seen(portal: Portal, count: int) -> None:
    """Until so many events were seen to."""

    async def all_of_them() -> bool:
        counts: Counter[str] = portal.app.state.callbacks.counts
        return sum(counts.values()) == count

    await eventually(all_of_them)


def profile_event(word: str, at: datetime, **named: str) -> dict[str, str]:
    return {"eventName": f"eSIM Profile {word}", "eventTime": f"{at:%d/%m/%Y %H:%M:%S}", **named}


async def test_a_burst_of_events_is_one_signal_and_one_look(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_watch, "SOON", timedelta(seconds=1))
    sold = await shop.sell()
    looks = shop.platform.calls["GetEndPointProfile"]
    shop.platform.use(sold.endpoint_id, 10 * GIGABYTE)
    event = {"event": "Addon Activation", "data": [{"endPointId": int(sold.endpoint_id)}]}
    async with (
        opened(shop, portal_callback_secret=SecretStr(SECRET)) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as sft,
    ):
        for _ in range(3):
            answer = await sft.post(ADDRESS, json=event)
            assert (answer.status_code, answer.content) == (204, b"")

        async def read() -> bool:
            usage = (await shop.subscription(sold.endpoint_id)).addons[0].usage
            return usage is not None and usage.remaining_bytes == 20 * GIGABYTE

        await eventually(read)
    assert shop.platform.calls["GetEndPointProfile"] == looks + 1
    assert await signals_of(shop, sold.endpoint_id) == ["look_soon"]


async def test_without_the_secret_there_is_nothing(shop: Seller) -> None:
    async with (
        opened(shop) as closed,
        opened(shop, portal_callback_secret=SecretStr(SECRET)) as portal,
        httpx.AsyncClient() as sft,
    ):
        elsewhere = await sft.post(f"{portal.url}/elsewhere")
        for url in (f"{portal.url}{ADDRESS}2", f"{closed.url}{ADDRESS}"):
            answer = await sft.post(url, json={})
            assert (answer.status_code, answer.text) == (404, elsewhere.text)
            assert (await sft.post(url, content=b"x" * 70_000)).status_code == 413


async def test_what_is_not_ours_is_counted_and_dropped_in_a_line_a_post(
    open_shop: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    callbacks = callbacks_of(open_shop)
    sold = await open_shop.sell()
    strangers = [{"endPointId": f"9{sold.endpoint_id}{number}"} for number in range(300)]
    with caplog.at_level(logging.INFO, "portal"):
        await post(callbacks, strangers)
        await post(callbacks, [{"imsi": sold.iccid}, {"endPointId": "-"}])
        await post(callbacks, {"endPointId": sold.endpoint_id})
    assert callbacks.counts == {"unknown": 300, "nameless": 2, "told": 1}
    assert len(caplog.messages) == 2
    assert not [line for line in caplog.messages if sold.endpoint_id in line or sold.iccid in line]


async def test_800_events_of_2_mib_are_taken_whole(open_shop: Seller) -> None:
    sold = await open_shop.sell()
    now = datetime.now(UTC)
    events: list[dict[str, Any]] = [
        {"eventType": "Usage", "endPointId": 1000 + number, "more": ""} for number in range(798)
    ]
    events += [profile_event(word, now, endPointId=sold.endpoint_id) for word in ("Installed", "Downloaded")]
    events[0]["more"] = "x" * (LARGEST_POST - len(json.dumps({"events": events}).encode()))
    body = json.dumps({"events": events}).encode()
    assert (len(body), len(events)) == (LARGEST_POST, 800)
    async with (
        opened(open_shop, portal_callback_secret=SecretStr(SECRET)) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=20) as sft,
    ):
        assert (await sft.post(ADDRESS, content=body)).status_code == 204
        assert (await sft.post(ADDRESS, content=body + b" ")).status_code == 413
        await seen(portal, 801)
        assert portal.app.state.callbacks.counts == {"told": 2, "unknown": 798, "lost": 1}
    assert (await profile_of(open_shop, sold.endpoint_id))[0] == "installed"
    assert await signals_of(open_shop, sold.endpoint_id) == ["profile_changed"]  # one for both


async def profile_of(shop: Seller, endpoint_id: str) -> tuple[str, datetime]:
    subscription: Subscription = await shop.subscription(endpoint_id)
    assert subscription.profile
    return subscription.profile.status, subscription.profile.at


async def test_sft_is_not_held_back_by_the_limits_of_travelers(open_shop: Seller) -> None:
    async with (
        opened(open_shop, portal_callback_secret=SecretStr(SECRET)) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as sft,
    ):
        answers = [await sft.post(ADDRESS, json={"endPointId": "1"}, headers={"cookie": "a=1"}) for _ in range(250)]
        assert {answer.status_code for answer in answers} == {204}


async def test_a_plan_notification_counts_only_with_the_customers_token(open_shop: Seller) -> None:
    sold = await open_shop.sell()
    notification = {"callbackId": "1", "callbackTimestamp": "11/09/2026 01:25:23"}
    text = f"80 % are used\nendPointId={sold.endpoint_id}"
    about = {"accountId": "1", "callbackProcessName": "CallBackNotification", "callbackUri": "https://shop"}
    content = {"Request": {"apiCallback": about, "notification": notification | {"message": text}}}
    secrets = {"portal_callback_secret": SecretStr(SECRET), "portal_callback_jwt": SecretStr(TOKEN)}
    async with (
        opened(open_shop, **secrets) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as sft,
    ):
        counts = portal.app.state.callbacks.counts
        for number, headers in enumerate(({}, {"Authorization": f"Bearer {TOKEN[:-1]}"}, {"X-Any": TOKEN[:-1] + "J"})):
            await sft.post(ADDRESS, json=content, headers=headers)
            await seen(portal, number + 1)
        assert counts == {"unsigned": 3}
        await sft.post(ADDRESS, json=content, headers={"Authorization": f"Bearer {TOKEN}"})
        await sft.post(ADDRESS, json=content, headers={"X-Whatever-SFT-Takes": TOKEN})
        await seen(portal, 5)
        assert counts == {"unsigned": 3, "told": 1, "spared": 1}
        # A data stream carries no token.
        await sft.post(ADDRESS, json=profile_event("Installed", datetime.now(UTC), endPointId=sold.endpoint_id))
        await seen(portal, 6)
        assert counts == {"unsigned": 3, "told": 2, "spared": 1}


async def test_an_esim_in_use_is_not_looked_at_every_minute(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    sold = await shop.sell()
    callbacks = callbacks_of(shop)
    for kind in ("Usage", "Mobility", "Usage", "Addon Renew"):
        await post(callbacks, {"eventType": kind, "endPointId": sold.endpoint_id})
    assert callbacks.counts == {"told": 1, "spared": 3}
    monkeypatch.setattr("portal.hints.SOON", timedelta(0))
    for kind in ("Usage", "Addon Renew", "Mobility"):
        await post(callbacks, {"eventType": kind, "endPointId": sold.endpoint_id})
    assert callbacks.counts == {"told": 2, "spared": 5}


async def test_what_comes_while_temporal_is_away_is_told_later_and_what_there_is_no_room_for_is_counted(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.hints.MOST_WAITING", 3)
    sold, now = await shop.sell(), datetime.now(UTC).replace(microsecond=0)
    server = shop.client.service_client.config.target_host
    async with cable(server) as way:
        far = await Client.connect(way.address, data_converter=shop.client.data_converter)
        callbacks = callbacks_of(shop, client=far)
        way.cut()
        for word, at in (("Installed", now), ("Downloaded", now - timedelta(minutes=1))):
            await callbacks.take(json.dumps(profile_event(word, at, endPointId=sold.endpoint_id)).encode())
        await callbacks.take(json.dumps([{"endPointId": number} for number in range(5)]).encode())
        assert callbacks.waiting == 4  # events, of three eSIMs
        assert callbacks.counts == {"lost": 3}
        way.mend()

        async def told() -> bool:
            return callbacks.counts["told"] == 2

        await eventually(told)
        assert await profile_of(shop, sold.endpoint_id) == ("installed", now)
        # More than one only where Temporal took one and its answer did not arrive.
        assert set(await signals_of(shop, sold.endpoint_id)) == {"profile_changed"}
        assert callbacks.counts == {"told": 2, "unknown": 2, "lost": 3}


async def test_what_is_not_told_when_the_portal_stops_is_counted(
    open_shop: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    callbacks = callbacks_of(open_shop, lambda: 1e-6)
    await callbacks.take(b'[{"endPointId": 1}, {"endPointId": 2}]')
    await callbacks.finish(0.1)
    assert callbacks.counts == {"lost": 2}
    assert "2 events of SFT's are lost: this portal stops" in caplog.messages


def test_the_address_keeps_to_what_sft_takes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "callbacks.md").read_text()
    [shown] = re.findall(r"^https://.*$", page, re.MULTILINE)
    for secret in (SECRET, "x" * 255, "a.b-c_d" * 3):
        PortalServerSettings.model_validate({"portal_secret": PORTAL_SECRET, "portal_callback_secret": secret})
        address = shown.replace("<PORTAL_CALLBACK_SECRET>", secret)
        assert address.endswith(f"{PATH}{secret}")
        assert re.fullmatch("https://[A-Za-z0-9._/:-]+", address)
        assert max(map(len, address.split("/"))) <= 255
    for secret in ("x" * 256, "a~b" * 8, "a%20b" * 8, "a/b" * 8):
        with pytest.raises(ValidationError):
            PortalServerSettings.model_validate({"portal_secret": PORTAL_SECRET, "portal_callback_secret": secret})
