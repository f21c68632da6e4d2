"""What runs in a drill: Temporal, two simulated SFT accounts, the workers of three sellers, and a mail server."""

import base64
import secrets
import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from cli.secret_file import write_secret
from seller.client import SellerClient
from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from tools.chaos.dev_server import connected, dev_server
from tools.demo.child import ROOT, Child
from tools.demo.mailbox import open_mailbox
from tools.demo.place import Place
from tools.demo.portal import open_portal
from tools.demo.ports import LOOPBACK, free_ports
from tools.demo.safe import webhook_secret
from tools.demo.surroundings import surroundings
from tools.drill.mailbox import Refusing, broken_receiver
from tools.drill.ticket import MAIN, PARTNER
from tools.simulator.platform import Platform
from tools.simulator.server import serving

AT_WORK: Final = "Working on task queue"
MISTYPED: Final = "corprate-desk"
"""What the worker of the corporate desk was told to poll."""

PATIENCE_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 20


def _made_key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


class System:
    """Everything that is up, and who may act in it."""

    def __init__(self, place: Place) -> None:
        self.address = f"{LOOPBACK}:{free_ports({'temporal': 0})['temporal']}"
        self.sft = Platform(esims=40, first_endpoint=4_100_001)
        self.partners_sft = Platform(esims=7, first_endpoint=4_700_001)
        self.place = place
        self._keys = _made_key("2026-01")
        self._newer_keys = f"{_made_key('2026-11')},{self._keys}"
        """Of the shop that was restarted with a key in front that no worker has."""
        self._children: list[Child] = []
        self._quiet = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR"))))

    @property
    def environment(self) -> Path:
        """What a terminal sources before it asks."""
        return self.place.directory / "env"

    async def client(self, identity: str, *, ahead: bool = False) -> Client:
        """A client of whoever calls itself so; ``ahead`` is one with the newer key in front."""
        keys = KeyRing.parse(self._newer_keys if ahead else self._keys)
        converter = data_converter_with(keys)
        return await Client.connect(self.address, data_converter=converter, runtime=self._quiet, identity=identity)

    async def seller(self, queue: str = MAIN, identity: str = "611@shop-1") -> SellerClient:
        """The program of a seller's shop."""
        return SellerClient(await self.client(identity), queue, patience=lambda: PATIENCE_SECONDS)

    def check(self) -> None:
        """Raises a Problem if something has ended by itself."""
        for child in self._children:
            child.check()

    async def start(self, main: Mapping[str, str], partner: Mapping[str, str], bases: tuple[str, str]) -> None:
        """Starts Temporal and the workers, with where each seller delivers and where their SFT accounts are."""
        port = int(self.address.rpartition(":")[2])
        self._child("Temporal", dev_server(port, "error"), {})
        await connected(self.address, data_converter_with(KeyRing.parse(self._keys)), self._quiet)
        sellers = {MISTYPED: (bases[0], main), MAIN: (bases[0], main), PARTNER: (bases[1], partner)}
        workers = [self._worker(queue, *told) for queue, told in sellers.items()]
        for worker in workers:
            await worker.says(AT_WORK)
        self._write_environment()

    async def stop(self) -> None:
        """Stops all of it."""
        for child in reversed(self._children):
            await child.stop()

    def _worker(self, queue: str, sft: str, delivers: Mapping[str, str]) -> Child:
        configured = {
            **delivers,
            "TEMPORAL_ADDRESS": self.address,
            "ESIM_TASK_QUEUE": queue,
            "ESIM_ENCRYPTION_KEYS": self._keys,
            "ESIM_REQUIRE_ENCRYPTION": "1",
            "SFT_BASE_URL": sft,
            "SFT_USERNAME": "demo",
            "SFT_PASSWORD": "demo-password",
            "SFT_SETTLE_SECONDS": str(SETTLE_SECONDS),
            "ESIM_SHUTDOWN_GRACE_SECONDS": "1",
        }
        return self._child(f"Worker-{queue}", [sys.executable, str(ROOT / "worker.py")], configured)

    def _child(self, name: str, command: list[str], configured: Mapping[str, str]) -> Child:
        child = Child(name, command, surroundings(configured), self.place)
        self._children.append(child)
        return child

    def _write_environment(self) -> None:
        variables = {
            "TEMPORAL_ADDRESS": self.address,
            "ESIM_ENCRYPTION_KEYS": self._keys,
            "ESIM_REQUIRE_ENCRYPTION": "1",
        }
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        write_secret(self.environment, exports.encode())


@asynccontextmanager
async def system(place: Place) -> AsyncIterator[System]:
    """A system that is up for as long as the block lasts.

    Raises a Problem, or NotReady, if something does not get ready.
    """
    scene = System(place)
    async with AsyncExitStack() as stack:
        mailbox = await stack.enter_async_context(open_mailbox(Refusing()))
        portal = await stack.enter_async_context(open_portal(webhook_secret()))
        broken = await stack.enter_async_context(broken_receiver())
        bases = [await stack.enter_async_context(serving(one)) for one in (scene.sft, scene.partners_sft)]
        main = {**mailbox.settings, **portal.settings}
        partner = {"PORTAL_WEBHOOK_URL": broken, "PORTAL_WEBHOOK_SECRET": webhook_secret().get_secret_value()}
        stack.push_async_callback(scene.stop)
        await scene.start(main, partner, (bases[0], bases[1]))
        yield scene
