"""To try something without leaving a trace: each attempt is made, and its line is there."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload

from portal.keys import ApiKeys
from portal.limits import Limits, Rate
from temporal.encryption.codec import EncryptionCodec
from tests.support.audit_trail import AuditLines, audited
from tests.support.codec_server import TOKEN, codec_server
from tests.support.encryption_keys import ring
from tests.support.html_visitor import Visitor, visiting
from tests.support.portal import Portal, opened
from tests.support.seller import Seller, eventually
from tests.support.terminal import terminal_of

PASSWORD = "a password of the tests"
CALLBACK = "made-up-for-the-callbacks"
HERE = {"address": "127.0.0.1"}


@asynccontextmanager
async def watched(shop: Seller, **settings: Any) -> AsyncIterator[tuple[Portal, Visitor, AuditLines]]:
    """A portal with everything, somebody at it, and the audit log."""
    secrets = {"portal_operator_password": SecretStr(PASSWORD), "portal_callback_secret": SecretStr(CALLBACK)}
    async with opened(shop, **secrets | settings) as portal, visiting(portal.url) as visitor:
        with audited() as lines:
            yield portal, visitor, lines


async def test_to_guess_the_operators_password(open_shop: Seller) -> None:
    async with watched(open_shop) as (_, visitor, lines):
        for guess in ("one", "two", "three", PASSWORD, "four", "five"):
            await visitor.http.post("/operators/login", data={"password": guess}, headers={"x-request-id": "r-7"})
        outcomes = [outcome for outcome, *_ in lines.came_to("login")]
    assert outcomes == ["refused"] * 3 + ["done", "refused", "throttled"]
    assert [line["request_id"] for line in lines.all()] == ["r-7"] * 6
    assert lines.came_to("login")[0] == ("refused", HERE, {"why": "password"})
    assert PASSWORD not in "".join(lines.written)


async def test_to_guess_it_two_hundred_times_from_everywhere(open_shop: Seller) -> None:
    async with watched(open_shop, forwarded_allow_ips="127.0.0.1") as (_, visitor, lines):
        for number in range(200):
            headers = {"x-forwarded-for": f"198.51.100.{number}"}
            await visitor.http.post("/operators/login", data={"password": "wrong"}, headers=headers)
    assert {line["who"]["address"] for line in lines.of("login")} == {f"198.51.100.{number}" for number in range(200)}


async def test_to_send_an_operators_browser_to_a_form(shop: Seller) -> None:
    async with watched(shop) as (_, visitor, lines):
        await visitor.http.post("/operators/login", data={"password": PASSWORD})
        operator = lines.of("login")[0]["who"]
        elsewhere = {"sec-fetch-site": "cross-site"}
        await visitor.http.post("/operators/login", data={"password": PASSWORD}, headers=elsewhere)
        await visitor.http.post("/operators/sales/P-1/cancel", headers=elsewhere)
        await visitor.http.post("/operators/sales/P-1/cancel", data={"form": "made-up"})
    assert lines.came_to("login")[1] == ("refused", HERE, {"why": "another-site"})
    path = "/operators/sales/P-1/cancel"
    assert lines.came_to("form") == [
        ("refused", operator, {"path": path, "why": "another-site"}),
        ("refused", operator, {"path": path, "why": "seal"}),
    ]


async def test_to_order_as_an_operator(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    purchase_id = run.id.removeprefix("provision-")
    async with watched(shop) as (_, visitor, lines):
        await visitor.http.post("/operators/login", data={"password": PASSWORD})
        operator = lines.of("login")[0]["who"]
        page = await visitor.page(f"/operators/sales/{purchase_id}/cancel")
        await visitor.send(page, "cancel")
        await visitor.send(page, "cancel")
    first, *_ = lines.came_to("order")
    assert first == ("done", operator, {"order": "cancel", "purchase_id": purchase_id})
    assert set(operator) == {"address", "operator"}


async def test_to_be_somebody_else_by_a_cookie_or_a_form(open_shop: Seller) -> None:
    async with watched(open_shop) as (portal, visitor, lines):
        page = await visitor.checkout()
        for name in ("traveler", "purchases", "operator"):
            for path in ("/esims", "/operators"):
                async with httpx.AsyncClient(base_url=portal.url, cookies={name: "W-1.forged"}) as http:
                    await http.get(path)
        assert [what["cookie"] for _, _, what in lines.came_to("cookie")] == ["traveler", "purchases", "operator"]
        async with visiting(portal.url) as other:
            await other.http.get("/")
            await other.http.post(page.actions["confirm"], data=page.forms["confirm"])
            await other.http.post("/esims/1/refresh", data=page.forms["confirm"])
        await visitor.http.post("/esims/1/refresh", data=page.forms["confirm"])
        await visitor.http.post("/anew", data={"form": "x"}, headers={"cookie": "traveler=W-1.forged"})
    assert [line["outcome"] for line in lines.of("form")] == ["refused"] * 4
    travelers = [line["who"].get("traveler") for line in lines.of("form")]
    assert travelers[0] == travelers[1] != travelers[2]
    assert travelers[3] is None


async def test_to_call_with_a_key_that_is_nobodys(open_shop: Seller, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = ApiKeys(file).add("checkout")
    async with watched(open_shop, portal_api_keys=str(file)) as (_, visitor, lines):
        for sent in ({}, {"Authorization": f"Bearer {key[:-1]}"}):
            await visitor.http.get("/api/purchases/P-1", headers=sent)
        mine = {"Authorization": f"Bearer {key}"}
        await visitor.http.get("/api/purchases/P-1", headers=mine)
        ApiKeys(file).add("burglar")
        await visitor.http.post("/api/travelers/someone@example.com/esims/1/suspend", headers=mine, json={})
    assert lines.came_to("api_key") == [("refused", HERE, {"status": 401})] * 2
    assert lines.came_to("api_keys") == [("done", HERE, {"added": ["burglar"], "removed": []})]
    who = HERE | {"api_key": "checkout"}
    assert lines.came_to("order") == [("refused", who, {"order": "suspend", "status": 422})]
    assert not any(secret in line for secret in (key, key[:-1], "someone@") for line in lines.written)


async def test_to_read_an_activation_code_in_every_way_that_there_is(open_shop: Seller, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    mine = {"Authorization": f"Bearer {ApiKeys(file).add('checkout')}"}
    async with watched(open_shop, portal_api_keys=str(file)) as (_, visitor, lines):
        endpoint_id = await visitor.owns()
        sold = await open_shop.subscription(endpoint_id)
        (addon,) = sold.addons
        html = await visitor.text(f"/esims/{endpoint_id}/install")
        for picture in ("qr.svg", "qr.png"):
            answer = await visitor.http.get(
                f"/api/travelers/{sold.traveler_id}/esims/{endpoint_id}/{picture}", headers=mine
            )
            assert answer.status_code == 200
        answer = await visitor.http.get(f"/api/purchases/{addon.purchase_id}", headers=mine)
        await visitor.http.get(f"/esims/9{endpoint_id}/install")
        code = answer.json()["esim"]["activation_code"]
    traveler, program = HERE | {"traveler": sold.traveler_id}, HERE | {"api_key": "checkout"}
    ids = {"purchase_id": addon.purchase_id, "endpoint_id": endpoint_id}
    assert lines.came_to("activation_code") == [
        ("done", traveler, {"endpoint_id": endpoint_id, "shown": "page"}),
        *[("done", program, {"endpoint_id": endpoint_id, "shown": "picture"})] * 2,
        ("done", program, ids | {"shown": "answer"}),
    ]
    matching = code.split("$")[-1]
    assert matching in html
    assert not [line for line in lines.written if matching in line]


async def test_to_read_one_or_to_order_at_a_terminal(shop: Seller, tmp_path: Path) -> None:
    sold = await shop.sell()
    file = tmp_path / "audit.log"
    terminal = terminal_of(shop)
    for command in (("qr", sold.addon.purchase_id), ("suspend", sold.endpoint_id), ("qr", "P-unknown")):
        await terminal.run(*command, AUDIT_LOG=str(file))
    code, order = [json.loads(line) for line in file.read_text().splitlines()]
    assert (code["event"], code["process"], set(code["who"])) == ("activation_code", "starter.py", {"operator"})
    assert code["what"]["endpoint_id"] == order["what"]["subscription"].removeprefix("subscription-")
    assert (order["event"], order["what"]["order"]) == ("order", "suspend")


async def test_to_have_payloads_decoded() -> None:
    content = b'{"endpoint_id":"4000001","activation_code":"LPA:1$smdp.example.com$HUSH"}'
    secret = Payload(metadata={"encoding": b"json/plain"}, data=content)
    async with codec_server(ring(1)) as codec:
        [encrypted] = await EncryptionCodec(ring(1)).encode([secret])
        forged = Payload(metadata=encrypted.metadata, data=encrypted.data[:-1] + bytes([encrypted.data[-1] ^ 1]))
        with audited() as lines:
            await codec.send("decode", encrypted)
            await codec.send("decode", forged)
            await codec.send("decode", encrypted, token="somebody-else-12345", **{"X-Forwarded-For": "192.0.2.9"})
            await codec.send("decode", encrypted, token="", Origin="https://evil.example")
    ann = {"operator": "ann"}
    labels = [ring(1).newest.label]
    done = {"call": "decode", "payloads": 1, "not_decrypted": 0, "altered": 0, "keys": labels}
    assert lines.came_to("codec") == [
        ("done", ann, done),
        ("refused", ann, done | {"not_decrypted": 1, "altered": 1}),
        ("refused", {"address": "192.0.2.9"}, {"status": 401}),
        ("refused", HERE, {"status": 403}),
    ]
    read = {"payloads": 1, "about": ["4000001"], "shown": "decoded"}
    assert lines.came_to("activation_code") == [("done", ann, read)]
    assert not any(secret in line for line in lines.written for secret in ("HUSH", TOKEN, "somebody-else"))


async def test_to_post_in_sfts_name(open_shop: Seller) -> None:
    async with watched(open_shop) as (_, visitor, lines):
        await visitor.http.post(f"/callbacks/sft/{CALLBACK}x", json={})
        unknown = [{"endPointId": f"no-such-{number}"} for number in range(20)]
        await visitor.http.post(f"/callbacks/sft/{CALLBACK}", json=unknown)

        async def seen_to() -> bool:
            return bool(lines.of("callback_event"))

        await eventually(seen_to)
    assert lines.came_to("callback") == [("refused", HERE, {})]
    assert lines.came_to("callback_event") == [("refused", HERE, {"why": "unknown", "events": 20})]
    assert CALLBACK not in "".join(lines.written)


async def test_to_send_more_than_anybody_may(open_shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.app.Limits", partial(Limits, address=Rate(burst=2, per_second=0.001)))
    async with watched(open_shop) as (_, visitor, lines):
        await visitor.http.post("/purchases", content=b"x" * 70_000)
        for _ in range(201):
            await visitor.http.get("/docs")
    assert [outcome for outcome, *_ in lines.came_to("request")[:3]] == ["refused", "throttled", "throttled"]
    assert lines.all()[-1]["message"] == "and 195 more of the same within a minute"


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-request-id"])
async def test_to_forge_a_line(open_shop: Seller, name: str) -> None:
    value = '192.0.2.1", "event": "login", "outcome": "done", "x": "\t' + "y" * 5000
    async with watched(open_shop, forwarded_allow_ips="127.0.0.1") as (portal, _, lines):
        host, _, port = portal.url.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET /api/purchases/P-1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: {value}\r\n\r\n".encode()
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 ")
        writer.close()
    [line] = lines.all()
    assert (line["event"], line["outcome"]) == ("api_key", "refused")
    assert line["who"]["address"] == "unknown" or line["request_id"] == "unreadable"
    assert "login" not in lines.written[0]
