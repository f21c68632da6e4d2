"""The example for nginx, as it stands in deploy/, in front of a real shop and a real codec server."""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import trustme
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from process import audit
from tests.support.codec_server import TOKEN, body, codec_server
from tests.support.encryption_keys import ring
from tests.support.html_visitor import Visitor
from tests.support.portal import opened
from tests.support.ports import free_port
from tests.support.prometheus import DEPLOY
from tests.support.seller import PRODUCT, Seller, eventually, seller

pytestmark = pytest.mark.debian

EXAMPLE = (DEPLOY / "nginx" / "esim.conf").read_text()
SHOP, CODEC = "esim.seller.example", "codec.seller.example"
SECRET = "what-stands-in-the-address-for-SFT"
PREFIXED = re.compile(r"^#     (.*)$", re.MULTILINE)

MAIN = """
daemon off;
master_process off;
error_log stderr crit;
pid {folder}/nginx.pid;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/esim.conf;
}}
"""


@dataclass
class Front:
    """nginx, where it listens, and what it logs."""

    folder: Path
    port: int
    plain: int
    trusted: ssl.SSLContext

    def browser(self, host: str = SHOP) -> httpx.AsyncClient:
        """Somebody who comes by TLS, to this name."""
        url = f"https://127.0.0.1:{self.port}"
        headers = {"Host": f"{host}:{self.port}"}
        return httpx.AsyncClient(base_url=url, headers=headers, verify=self.trusted, trust_env=False, timeout=30)

    def logged(self) -> str:
        """All that it wrote."""
        return "".join(log.read_text() for log in self.folder.glob("*.log"))


@asynccontextmanager
async def nginx(folder: Path, shop: str, codec: str, *, prefixed: bool = False) -> AsyncIterator[Front]:
    """The example with ports, certificates and folders of the test; below a path by what stands in its comment."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", SHOP, CODEC)
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    leaf.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    front = Front(folder, free_port(), free_port(), trusted)
    text = EXAMPLE
    if prefixed:
        above = "    location / {\n        proxy_pass http://esim_shop;\n    }"
        assert above in text
        text = text.replace(above, "\n".join(PREFIXED.findall(EXAMPLE)))
    for there, here in (
        ("127.0.0.1:8000", shop.removeprefix("http://")),
        ("127.0.0.1:8234", codec.removeprefix("http://")),
        ("listen 443 ssl", f"listen 127.0.0.1:{front.port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{front.plain}"),
        ("/etc/esim/tls/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
    ):
        assert there in text
        text = text.replace(there, here)
    (folder / "esim.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    process = await asyncio.create_subprocess_exec("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"))
    try:
        await eventually(lambda: _answers(front))
        yield front
    finally:
        process.terminate()
        await process.wait()


async def _answers(front: Front) -> bool:
    async with front.browser() as http:
        try:
            return (await http.get("/live")).status_code in (200, 404)
        except httpx.TransportError:
            return False


@pytest.fixture
async def empty(client: Client) -> AsyncIterator[Seller]:
    """A shop without stock: who buys there waits."""
    async with seller(client, esims=0) as shop, shop.working():
        yield shop


async def test_a_traveler_buys_by_tls_follows_it_as_it_happens_and_nothing_secret_is_logged(
    empty: Seller, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = {"portal_https": True, "portal_callback_secret": SecretStr(SECRET)}
    settings |= {"portal_operator_password": SecretStr("correct horse battery staple")}
    async with AsyncExitStack() as stack:
        portal = await stack.enter_async_context(opened(empty, **settings))
        codec = await stack.enter_async_context(codec_server(ring(1)))
        front = await stack.enter_async_context(nginx(tmp_path, portal.url, codec.url))
        audit.begin("portal")
        http = await stack.enter_async_context(front.browser())
        answer = await http.get("/?hush=hush")
        assert (answer.status_code, "Secure" in answer.headers["set-cookie"]) == (200, True)
        assert answer.headers["strict-transport-security"]
        address = await Visitor(http).buy()
        async with http.stream("GET", f"{address}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            first = await asyncio.wait_for(anext(events.aiter_text()), 100)
            assert "retry:" in first  # long before the stream ends, which would be in a minute
        refused = await http.post("/operators/login", headers={"X-Forwarded-For": "203.0.113.9"})
        assert refused.status_code in (400, 401, 403, 422)
        assert (await http.post(f"/callbacks/sft/{SECRET}", json={})).status_code < 500
        decoding = await stack.enter_async_context(front.browser(CODEC))
        sent = body([Payload(metadata={"encoding": b"json/plain"}, data=b'"plain"')])
        assert (await decoding.post(f"/{TOKEN}/decode", json=sent)).json() == sent
        plain = await http.get(f"http://127.0.0.1:{front.plain}{address}", follow_redirects=False)
        assert (plain.status_code, plain.headers["location"]) == (301, f"https://{SHOP}{address}")
    logged = front.logged()
    assert f'"GET {address}/events" 200' in logged
    assert "/callbacks/..." in logged
    assert not any(secret in logged for secret in (SECRET, TOKEN, "hush"))
    tried = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"logger": "audit"' in line]
    assert {line["who"]["address"] for line in tried if line["event"] != "codec"} == {"127.0.0.1"}


async def test_below_a_path_all_of_it_is_there(empty: Seller, tmp_path: Path) -> None:
    async with (
        opened(empty, portal_https=True, portal_prefix="/esim") as portal,
        nginx(tmp_path, portal.url, "http://127.0.0.1:9", prefixed=True) as front,
        front.browser() as http,
    ):
        visitor = Visitor(http)
        page = await visitor.text("/esim/")
        assert set(re.findall(r'(?:href|src|action)="/(\w+)', page)) == {"esim"}
        assert (await http.get("/")).status_code == 404
        form = await visitor.page(f"/esim/checkout?{urlencode({'product': PRODUCT})}")
        bought = await visitor.send(form, "confirm")
        address = bought.headers["location"]
        assert address.startswith("/esim/purchases/")
        async with http.stream("GET", f"{address}/events") as events:
            assert "retry:" in await asyncio.wait_for(anext(events.aiter_text()), 100)
