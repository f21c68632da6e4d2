"""Who has a server of ours write an address of theirs into an answer, to have it kept and followed by others."""

from contextlib import AsyncExitStack

import httpx

from process.audit_metrics import shown
from tests.support.codec_server import TOKEN, codec_server
from tests.support.encryption_keys import ring
from tests.support.event_receiver import SECRET
from tests.support.portal import opened
from tests.support.ports import free_port
from tests.support.seller import Seller
from tools.demo.portal import open_portal
from tools.simulator import server as simulator
from tools.simulator.platform import Platform

EVIL = "evil.example"
PRETENDED = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Prefix": f"//{EVIL}",
    "Forwarded": f"host={EVIL}",
    "X-Original-URL": f"//{EVIL}/",
}

PORTAL = [
    *("", "/checkout?product=x", "/purchases", "/purchases/W-1", "/purchases/W-1/events", "/esims", "/anew", "/live"),
    *("/esims/1/install", "/esims/1/checkout", "/esims/1/refresh", "/esims/1/addons", "/docs", "/static", "/api"),
    *("/static/portal.css", "/api/openapi.json", "/api/products", "/api/purchases", "/api/esims", "/operators"),
    *("/operators/login", "/operators/logout", "/operators/sales/1/amend", "/operators/sales/1/cancel"),
    "/callbacks/sft/0123456789abcdef",
]
CODEC = ["", "/decode", "/encode", f"/{TOKEN}", f"/{TOKEN}/decode"]
SFT = ["", "/api", "/simulator", "/simulator/ledger", "/simulator/faults", "/simulator/endpoints/1"]


async def test_no_answer_of_any_server_has_in_it_what_the_caller_says_that_its_host_is(open_shop: Seller) -> None:
    async with AsyncExitStack() as stack:
        # Also where the caller is a proxy that is believed when it says who calls: most pass on what callers made up.
        settings = {"portal_operator_password": "a password of theirs", "forwarded_allow_ips": "127.0.0.1"}
        portal = await stack.enter_async_context(opened(open_shop, **settings))
        codec = await stack.enter_async_context(codec_server(ring(1)))
        sft = await stack.enter_async_context(simulator.serving(Platform()))
        webhook = await stack.enter_async_context(open_portal(SECRET))
        metrics = f"127.0.0.1:{free_port()}"
        await stack.enter_async_context(shown(metrics, "PORTAL_METRICS_ADDRESS"))
        http = await stack.enter_async_context(httpx.AsyncClient(headers=PRETENDED))
        places = [
            (portal.url, PORTAL),
            (codec.url, CODEC),
            (sft.removesuffix("/api"), SFT),
            (webhook.settings["PORTAL_WEBHOOK_URL"].removesuffix("/events"), ["", "/events"]),
            (f"http://{metrics}", ["", "/metrics"]),
        ]
        for url, paths in places:
            for path in paths:
                for method, end in (("GET", ""), ("GET", "/"), ("POST", ""), ("POST", "/")):
                    asked, _, query = path.partition("?")
                    answer = await http.request(method, f"{url}{asked}{end}?{query}")
                    assert EVIL not in f"{answer.headers!r} {answer.text}", (method, path + end)
