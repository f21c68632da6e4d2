"""After a sale with everything that can go wrong in it, nothing secret is found in what is kept of it anywhere.

The same search is made of a sale without encryption, where it has to find all of it: what finds nothing there is blind.
"""

import asyncio
import base64
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from google.protobuf.json_format import MessageToJson
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflowservice.v1 import QueryWorkflowRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError

from contract.subscription import Subscription
from portal.keys import ApiKeys
from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from temporal.lease import TASK_QUEUE
from temporal.registration import register_search_attributes
from tests.support.encryption_keys import key
from tests.support.forked import ROOT
from tests.support.html_visitor import visiting
from tests.support.seller import Seller, eventually
from tests.support.terminal import Finished, Terminal
from tools.demo.ports import LOOPBACK, free_ports
from tools.demo.surroundings import surroundings
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving
from tools.simulator.tokens import TokenPair

PASSWORD = "p4ssw0rd-of-the-account"
EMAIL = "the.traveler@example.com"
WEBHOOK_SECRET = "whsec_" + "whatThePortalVerifiesWith000" * 2

CODEC_TOKEN = "what-the-web-ui-shows-at-the-codec-server"

PORTAL = {
    "PORTAL_SECRET": "what the cookies are signed with",
    "PORTAL_OPERATOR_PASSWORD": "what operators log in with",
    "PORTAL_CALLBACK_SECRET": "what-stands-in-the-address-for-SFT",
    "PORTAL_CALLBACK_JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTRlQifQ.c2lnbmVkLWJ5LXRoZS1zZWxsZXI",
}

TRIED = {
    ("worker", "start", "done"),
    ("portal", "start", "done"),
    ("portal", "login", "done"),
    ("portal", "login", "refused"),
    ("portal", "cookie", "refused"),
    ("portal", "form", "refused"),
    ("portal", "api_key", "refused"),
    ("portal", "callback", "refused"),
    ("portal", "order", "done"),
    ("portal", "activation_code", "done"),
    ("starter.py", "activation_code", "done"),
}
DECODED = {
    ("codec server", "start", "done"),
    ("codec server", "codec", "done"),
    ("codec server", "codec", "refused"),
    ("codec server", "activation_code", "done"),
}
"""What has to be in the audit log, for the search in it to mean anything."""

STUBBORN = "a.refused.traveler@example.com"


class GrumblingMailServer:
    """Takes mail for one traveler only, and repeats whose mail it does not take."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == STUBBORN:
            return f"550 Nobody here is called {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "250 OK"


@dataclass
class Scene:
    """A seller with a Temporal server and a worker of its own, as processes."""

    shop: Seller
    directory: Path
    terminal: Terminal
    metrics: str
    portal: str
    codec: str
    said: list[str] = field(default_factory=list)

    def note(self, finished: Finished) -> None:
        """Keeps what a command complained with."""
        assert finished.code != 0
        self.said.append(finished.errors + finished.output)

    def kept(self) -> dict[str, bytes]:
        """Everything that was written anywhere: the database, the logs, the errors."""
        files = {file.name: file.read_bytes() for file in self.directory.iterdir()}
        return files | {f"error message {number}": text.encode() for number, text in enumerate(self.said)}


@asynccontextmanager
async def process(
    name: str, command: Sequence[str], variables: Mapping[str, str], directory: Path
) -> AsyncIterator[Path]:
    log = directory / f"{name}.log"
    with log.open("wb") as output:
        started = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=variables, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield log
    finally:
        if started.returncode is None:
            started.send_signal(signal.SIGTERM)
        await started.wait()


async def connected(address: str, keys: KeyRing | None) -> Client:
    async def client() -> Client | None:
        try:
            found = await Client.connect(address, data_converter=data_converter_with(keys))
            await found.count_workflows()
        except (RuntimeError, RPCError):
            return None
        return found

    return await eventually(client)


@asynccontextmanager
async def scene(directory: Path, keys: str | None) -> AsyncIterator[Scene]:
    ports = free_ports({"Temporal": 0, "metrics": 0, "portal": 0, "codec": 0})
    port, metrics, visited = ports["Temporal"], f"{LOOPBACK}:{ports['metrics']}", f"{LOOPBACK}:{ports['portal']}"
    database = f"--db-filename={directory / 'temporal.db'}"
    server = [str(Path(sys.executable).with_name("temporal")), "server", "start-dev", "--headless", "--log-level=info"]
    platform = Platform(esims=4, password=PASSWORD)
    encryption = {"ESIM_ENCRYPTION_KEYS": keys} if keys else {}
    async with AsyncExitStack() as stack:
        command = [*server, f"--ip={LOOPBACK}", f"--port={port}", database]
        await stack.enter_async_context(process("temporal", command, surroundings({}), directory))
        client = await connected(f"{LOOPBACK}:{port}", KeyRing.parse(keys) if keys else None)
        await register_search_attributes(client)
        mail = await asyncio.get_running_loop().create_server(lambda: SMTP(GrumblingMailServer()), LOOPBACK, 0)
        await stack.enter_async_context(mail)
        sft = await stack.enter_async_context(serving(platform))
        shop = Seller(client, platform, sft, 1)
        settings = {
            "TEMPORAL_ADDRESS": f"{LOOPBACK}:{port}",
            "ESIM_TASK_QUEUE": shop.task_queue,
            "SFT_BASE_URL": sft,
            "SFT_USERNAME": "demo",
            "SFT_PASSWORD": PASSWORD,
            "SFT_SETTLE_SECONDS": "1",
            "SFT_TIMEOUT_SECONDS": "1",
            "SMTP_URL": f"smtp://{LOOPBACK}:{mail.sockets[0].getsockname()[1]}",
            "EMAIL_FROM": "shop@example.com",
            "PORTAL_WEBHOOK_URL": f"http://{LOOPBACK}:9/portal-of-{WEBHOOK_SECRET[:20]}",
            "PORTAL_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
            "METRICS_ADDRESS": metrics,
            "AUDIT_LOG": str(directory / "audit.log"),
            **encryption,
        }
        worker = [sys.executable, "worker.py"]
        await stack.enter_async_context(process("worker", worker, surroundings(settings), directory))
        kept = ("TEMPORAL_ADDRESS", "ESIM_TASK_QUEUE", "AUDIT_LOG")
        client_settings = {name: settings[name] for name in kept} | encryption
        served = PORTAL | {name: settings[name] for name in ("LOG_LEVEL", "LOG_FORMAT")}
        served |= {"PORTAL_ADDRESS": visited, "PORTAL_API_KEYS": str(directory / "keys.json")}
        portal = [sys.executable, "-m", "portal"]
        await stack.enter_async_context(process("portal", portal, surroundings(client_settings | served), directory))
        codec = f"{LOOPBACK}:{ports['codec']}"
        reading = {"CODEC_SERVER_ADDRESS": codec, "CODEC_SERVER_TOKENS": f"ann:{CODEC_TOKEN}"} | client_settings
        if keys:
            decoding = [sys.executable, "-m", "temporal.codec_server"]
            await stack.enter_async_context(process("codec", decoding, surroundings(reading), directory))
        terminal = Terminal(client_settings)
        yield Scene(shop, directory, terminal, f"http://{metrics}/metrics", f"http://{visited}", f"http://{codec}")


async def everything_goes_wrong(scene: Scene) -> dict[str, str]:
    """A sale with top-ups and failures. Returns the needles: what must not be found anywhere."""
    shop, tokens = scene.shop, []
    issue = shop.platform.tokens.issue

    def noted() -> TokenPair:
        tokens.append(issue())
        return tokens[-1]

    shop.platform.tokens.issue = noted  # type: ignore[method-assign]
    shop.platform.order(
        Fault(call="SubscribeAddon", kind="answer_lost"),
        Fault(call="SubscribeAddon", kind="rejected", skip=1),
        Fault(call="GetEndPointProfile", kind="error_before"),
        Fault(call="EndPointLifeCycleChange", kind="expired_http"),
        Fault(call="fetchSIM", kind="html"),
    )
    run = await shop.start(shop.purchase(email=EMAIL))
    sold = await run.result()
    newest = tokens[-1]
    # A portal that sends far more than it was asked for.
    too_much = {"note": f"{PASSWORD} {newest.access} {newest.refresh}"}
    subscription = shop.run_of(sold.endpoint_id)
    await subscription.signal("addon_purchased", shop.addon().model_dump() | too_much)
    await shop.settled(sold.endpoint_id)
    scene.note(await scene.terminal.run("buy-addon", sold.endpoint_id, "No such product"))
    scene.note(await scene.terminal.run("status", "P-unknown"))

    refused = await shop.sell(shop.purchase(email=STUBBORN))

    async def is_refused() -> bool:
        delivery = (await shop.subscription(refused.endpoint_id)).delivery
        return delivery is not None and delivery.status == "not_sent"

    await eventually(is_refused)
    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
    cancelled = await shop.start(shop.purchase(email=EMAIL))
    await shop.reaches(cancelled, "needs_attention")
    await cancelled.cancel()
    with pytest.raises(WorkflowFailureError) as failure:
        await cancelled.result()
    scene.said.append(f"{failure.value} {failure.value.cause!r}")
    assert sold.msisdn
    return {
        "activation code": sold.activation_code,
        "matching id": sold.activation_code.split("$")[-1],
        "e-mail address": EMAIL,
        "refused e-mail address": STUBBORN,
        "MSISDN": sold.msisdn,
        "SFT password": PASSWORD,
        "access token": newest.access,
        "refresh token": newest.refresh,
    }


async def everybody_visits(scene: Scene) -> dict[str, str]:
    """A traveler, a program, an operator and SFT at the portal. Returns the needles that come of it."""
    api_key = ApiKeys(scene.directory / "keys.json").add("tests")

    async def is_open() -> bool | None:
        with suppress(httpx.TransportError):
            return (await visitor.http.get("/")).is_success
        return None

    async with visiting(scene.portal) as visitor:
        await eventually(is_open)
        endpoint_id = await visitor.owns()
        sold = await scene.shop.run_of(endpoint_id).query("subscription", result_type=Subscription)
        page = await visitor.text(f"/esims/{endpoint_id}/install")
        code = page.split('id="matching"')[1].split(">")[1].split("<")[0]
        cookies = {name: visitor.http.cookies[name] for name in ("traveler", "purchases")}
        http = visitor.http
        (addon,), path = sold.addons, f"/api/travelers/{sold.traveler_id}/esims/{endpoint_id}"
        for method, called in (("GET", f"/api/purchases/{addon.purchase_id}"), ("POST", f"{path}/usage")):
            assert (await http.request(method, called, headers={"Authorization": f"Bearer {api_key}"})).is_success
            refused = await http.request(method, called, headers={"Authorization": f"Bearer {api_key[:-1]}"})
            scene.said.append(refused.text)
        assert (await http.post("/operators/login", data={"password": PORTAL["PORTAL_OPERATOR_PASSWORD"]})).is_redirect
        cookies["operator"] = http.cookies["operator"]
        scene.said.append(await visitor.has("/operators", addon.purchase_id))
        for secret in (PORTAL["PORTAL_CALLBACK_SECRET"], PORTAL["PORTAL_CALLBACK_SECRET"][:-1]):
            event = {"endPointId": endpoint_id}
            for token in (PORTAL["PORTAL_CALLBACK_JWT"], PORTAL["PORTAL_CALLBACK_JWT"][:-1]):
                told = await http.post(f"/callbacks/sft/{secret}", json=event, headers={"X-Token": token})
                scene.said.append(told.text)
        await everything_is_tried(scene, http, endpoint_id)
        shown = await scene.terminal.run("qr", addon.purchase_id)
        assert (shown.code, code in shown.output) == (0, True)
    return PORTAL | cookies | {"code in the shop": code, "API key": api_key, "codec token": CODEC_TOKEN}


async def everything_is_tried(scene: Scene, http: httpx.AsyncClient, endpoint_id: str) -> None:
    """What leaves a line in the audit log, with a secret wherever a secret could be put."""
    guess, key = {"password": PORTAL["PORTAL_OPERATOR_PASSWORD"]}, {"Authorization": f"Bearer {CODEC_TOKEN}"}
    await http.post("/operators/login", data=guess, headers={"sec-fetch-site": "cross-site", "x-request-id": EMAIL})
    await http.post("/operators/login", data={"password": PORTAL["PORTAL_SECRET"]})
    await http.post(f"/esims/{endpoint_id}/refresh", data={"form": http.cookies["traveler"]})
    await http.get("/esims", headers={"cookie": f"traveler={http.cookies['operator']}; purchases=x"})
    await http.post(f"/api/travelers/{EMAIL}/esims/{endpoint_id}/suspend", headers=key, json={"reason": EMAIL})
    async for run in scene.shop.client.list_workflows('WorkflowType = "ProvisionEsimWorkflow"'):
        events = (await scene.shop.client.get_workflow_handle(run.id).fetch_history()).events
        results = [event.workflow_execution_completed_event_attributes.result for event in events]
        for result in filter(lambda one: one.payloads, results):
            with suppress(httpx.ConnectError):  # there is no codec server where nothing is encrypted
                await http.post(f"{scene.codec}/decode", content=MessageToJson(result), headers=key)
                await http.post(f"{scene.codec}/decode", content=MessageToJson(result), headers={})


async def histories(client: Client) -> dict[str, bytes]:
    """Every event of every run, what the server says of it, and the details that it shows of itself."""
    found = {}
    async for run in client.list_workflows():
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        events = (await handle.fetch_history()).events
        description = await handle.describe()
        said = [event.SerializeToString() for event in events] + [description.raw_description.SerializeToString()]
        found[f"history of {run.id}"] = b"\n".join(said)
        if run.task_queue != TASK_QUEUE:  # on which nobody works: it has no details
            found[f"details of {run.id}"] = await details(client, run.id)
    return found


async def details(client: Client, workflow_id: str) -> bytes:
    """What the Web UI asks a run for, beside its history: the answer as it leaves the worker."""
    request = QueryWorkflowRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id),
        query=WorkflowQuery(query_type="__temporal_workflow_metadata"),
    )
    answer = (await client.workflow_service.query_workflow(request)).SerializeToString()
    assert answer
    return answer


def forms(needle: str) -> list[bytes]:
    """As it is, in hexadecimal, and in base64 wherever it may begin there."""
    raw = needle.encode()
    base64s = [base64.b64encode(b"\0" * offset + raw)[4 if offset else 0 : -4] for offset in range(3)]
    return [raw, raw.hex().encode(), *base64s]


def found_in(haystack: Mapping[str, bytes], needles: Mapping[str, str]) -> dict[str, list[str]]:
    """Where each needle is found; those that are nowhere are left out."""
    places = {
        name: [place for place, content in haystack.items() if any(form in content for form in forms(needle))]
        for name, needle in needles.items()
    }
    return {name: places for name, places in places.items() if places}


@pytest.mark.long
@pytest.mark.parametrize("keys", [key(1), None], ids=["encrypted", "in plaintext"])
async def test_what_is_secret_is_found_nowhere_unless_encryption_is_off(keys: str | None, tmp_path: Path) -> None:
    async with scene(tmp_path, keys) as sold:
        needles = await everything_goes_wrong(sold)
        in_the_shop = await everybody_visits(sold)
        in_temporal = await histories(sold.shop.client)
        async with httpx.AsyncClient(trust_env=False) as http:
            sold.said.append((await http.get(sold.metrics)).text)
    kept = sold.kept()
    assert {"temporal.db", "temporal.log", "worker.log", "portal.log", "keys.json", "audit.log"} <= kept.keys()
    database = {name: content for name, content in kept.items() if name.startswith("temporal.db")}
    told = {name: content for name, content in kept.items() if name not in database}
    assert b"provision-" in told["worker.log"]
    assert b"DEBUG" in told["worker.log"]
    assert "sft_calls_total" in sold.said[-1]
    assert b"key=tests" in told["portal.log"]
    noted = [json.loads(line) for line in told["audit.log"].splitlines()]
    tried = {(line["process"], line["event"], line["outcome"]) for line in noted}
    assert tried >= TRIED | (DECODED if keys else set())
    assert "INFO" in {json.loads(line)["level"] for line in told["portal.log"].splitlines()}
    never = needles | in_the_shop | {"webhook secret": WEBHOOK_SECRET, "webhook address": WEBHOOK_SECRET[:20]}
    assert found_in(told, never) == {}
    if keys:
        never["encryption key"] = keys.partition(":")[2]
        assert found_in(in_temporal | database | told, never) == {}
    else:
        assert found_in(in_temporal, needles).keys() == needles.keys()
        assert found_in(database, needles).keys() == needles.keys()
