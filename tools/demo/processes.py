"""The processes that a demo consists of: the codec server, Temporal, the simulated SFT, the worker, the shop."""

import asyncio
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from cli.problem import Problem
from cli.screen import Doing
from cli.secret_file import write_secret
from seller.server import Server
from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from temporal.registration import register_search_attributes
from temporal.settings import TaskQueueSettings
from tools.demo.child import LOOK_SECONDS, ROOT, Child
from tools.demo.place import Place
from tools.demo.ports import LOOPBACK, free_ports
from tools.demo.safe import open_safe
from tools.demo.surroundings import surroundings

TASK_QUEUE: Final[str] = TaskQueueSettings.model_fields["esim_task_queue"].default
TEMPORAL: Final = Path(sys.executable).with_name("temporal")
TEMPORAL_PORTS: Final = {"Temporal": 7233, "Web UI": 8233, "Codec server": 8234}
SIMULATOR_PORTS: Final = {"Simulator": 8080}
METRICS_PORTS: Final = {"Metrics": 9464}
SHOP_PORTS: Final = {"Shop": 8000}
CODEC_SERVER_SIGN: Final = "Codec server at"
WORKER_GRACE_SECONDS: Final = 1
LATENCY_MS: Final = 300
"""Slow enough to see the steps."""

ATTEMPTS: Final = 3
"""How often a port may be snatched between the moment that it is seen to be free and the moment that it is used."""


Ports = Mapping[str, int]

Started = Mapping[str, Child]
"""By what each of them writes when it is ready."""


class Processes:
    """Starts the processes of a demo one after the other, and stops them in the opposite order.

    ``channels`` are the variables by which the worker knows whom it can tell what happens, and ``exported`` those that
    a terminal gets beside the addresses and the keys.
    """

    def __init__(self, place: Place, channels: Mapping[str, str], exported: Mapping[str, str]) -> None:
        self.address = self.web_ui = self.sft = self.control = self.metrics = ""
        self.codec_server = self.shop = self.operators = ""
        self._place = place
        self._safe = open_safe(place.directory)
        self._channels = channels
        self._exported = exported
        self._children: list[Child] = []
        self._ready: list[Child] = []

    @property
    def environment(self) -> Path:
        """What a terminal has to source before it can read what is encrypted. Kept in a file, to be shown nowhere."""
        return self._place.directory / "env"

    async def start(self, doing: Doing) -> Client:
        """Starts all of them, and returns a client of the Temporal server once the worker works.

        Raises:
            Problem: ``DemoFailed`` if one of them does not get ready.
        """
        client = await self._temporal(doing)
        await self._simulator(doing)
        await self._worker(client, doing)
        await self._shop(doing)
        self._write_environment()
        return client

    async def watch(self) -> None:
        """Raises a Problem of type ``DemoFailed`` as soon as one that was ready has ended."""
        while True:
            for child in self._ready:
                child.check()
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Stops all of them."""
        for child in reversed(self._children):
            await child.stop()

    async def _temporal(self, doing: Doing) -> Client:
        """Temporal, whose Web UI has to know the codec server, and that, which has to know the Web UI."""

        def start(ports: Ports) -> Started:
            return {CODEC_SERVER_SIGN: self._codec_server(ports), "Temporal Server:": self._temporal_server(ports)}

        ports = await self._listening(doing, "Temporal", TEMPORAL_PORTS, start)
        self.address = f"{LOOPBACK}:{ports['Temporal']}"
        self.web_ui = f"http://{LOOPBACK}:{ports['Web UI']}"
        self.codec_server = f"http://{LOOPBACK}:{ports['Codec server']}"
        keys = KeyRing.parse(self._safe.encryption_keys.get_secret_value())
        client = await Client.connect(self.address, data_converter=data_converter_with(keys))
        # The server's own option for this changes nothing in a database that an earlier version made.
        await register_search_attributes(client)
        doing.done(f"Temporal at {self.address}, its Web UI at {self.web_ui}")
        doing.done(f"Codec server at {self.codec_server}: shows the Web UI what is encrypted")
        return client

    def _codec_server(self, ports: Ports) -> Child:
        configured = {
            "ESIM_ENCRYPTION_KEYS": self._safe.encryption_keys.get_secret_value(),
            "CODEC_SERVER_TOKENS": f"terminal:{self._safe.terminal_token.get_secret_value()}",
            "CODEC_SERVER_OWN_USER": "1",  # so that the Web UI needs no token, which it would show to everybody
            "CODEC_SERVER_ENCODE": "1",  # for the temporal command of a terminal, which sends as well
            "CODEC_SERVER_ADDRESS": f"{LOOPBACK}:{ports['Codec server']}",
            "CODEC_SERVER_ORIGIN": ",".join(f"http://{host}:{ports['Web UI']}" for host in (LOOPBACK, "localhost")),
        }
        return self._start("Codec-server", [sys.executable, "-m", "temporal.codec_server"], configured)

    def _temporal_server(self, ports: Ports) -> Child:
        web_ui = [
            f"--ui-port={ports['Web UI']}",
            f"--ui-codec-endpoint=http://{LOOPBACK}:{ports['Codec server']}",
        ]
        database = [f"--db-filename={self._place.directory / 'temporal.db'}"]
        quick = ["--sqlite-pragma=journal_mode=wal", "--sqlite-pragma=synchronous=normal"]
        listening = [f"--ip={LOOPBACK}", f"--port={ports['Temporal']}"]
        command = [str(TEMPORAL), "server", "start-dev", *listening, *web_ui, *database, *quick, "--log-level=error"]
        return self._start("Temporal", command, {})

    async def _simulator(self, doing: Doing) -> None:
        def start(ports: Ports) -> Started:
            # The database remembers the endpoints of earlier demos: this one gets others.
            unused = f"--first-endpoint={int(time.time() * 100)}"
            listening = [f"--host={LOOPBACK}", f"--port={ports['Simulator']}"]
            command = [sys.executable, "-m", "tools.simulator", *listening, unused, f"--latency-ms={LATENCY_MS}"]
            return {"Simulated SFT": self._start("Simulator", command, {})}

        ports = await self._listening(doing, "Simulator", SIMULATOR_PORTS, start)
        simulator = f"http://{LOOPBACK}:{ports['Simulator']}"
        self.sft, self.control = f"{simulator}/api", f"{simulator}/simulator"
        doing.done(f"Simulated SFT at {self.sft}")

    async def _worker(self, client: Client, doing: Doing) -> None:
        configured = {
            **self._channels,
            "TEMPORAL_ADDRESS": self.address,
            "ESIM_ENCRYPTION_KEYS": self._safe.encryption_keys.get_secret_value(),
            "ESIM_REQUIRE_ENCRYPTION": "1",
            "SFT_BASE_URL": self.sft,
            "SFT_USERNAME": "demo",
            "SFT_PASSWORD": "demo-password",
            "ESIM_SHUTDOWN_GRACE_SECONDS": str(WORKER_GRACE_SECONDS),
        }

        def start(ports: Ports) -> Started:
            metrics = {"METRICS_ADDRESS": f"{LOOPBACK}:{ports['Metrics']}"}
            worker = self._start("Worker", [sys.executable, str(ROOT / "worker.py")], configured | metrics)
            return {"Working on task queue": worker}

        ports = await self._listening(doing, "Worker", METRICS_PORTS, start)
        self.metrics = f"http://{LOOPBACK}:{ports['Metrics']}/metrics"
        while not await _works(client):
            self._ready[-1].check()
            await asyncio.sleep(LOOK_SECONDS)
        doing.done(f"Worker on task queue {TASK_QUEUE}")

    async def _shop(self, doing: Doing) -> None:
        """The portal: what the worker has to know about SFT is nothing that it needs."""
        configured = {
            "TEMPORAL_ADDRESS": self.address,
            "ESIM_ENCRYPTION_KEYS": self._safe.encryption_keys.get_secret_value(),
            "ESIM_REQUIRE_ENCRYPTION": "1",
            "PORTAL_SECRET": self._safe.portal_secret.get_secret_value(),
            "PORTAL_WEB_UI": self.web_ui,
            **self._portal_access(),
        }

        def start(ports: Ports) -> Started:
            address = {"PORTAL_ADDRESS": f"{LOOPBACK}:{ports['Shop']}"}
            return {"Portal at": self._start("Shop", [sys.executable, "-m", "portal"], configured | address)}

        ports = await self._listening(doing, "Shop", SHOP_PORTS, start)
        self.shop = f"http://{LOOPBACK}:{ports['Shop']}"
        self.operators = f"{self.shop}/operators"
        doing.done(f"The shop at {self.shop}")

    def _portal_access(self) -> dict[str, str]:
        """Who may do what there: for the portal, and for a terminal that wants to come in."""
        return {
            "PORTAL_OPERATOR_PASSWORD": self._safe.operator_password.get_secret_value(),
            "PORTAL_CALLBACK_SECRET": self._safe.callback_secret.get_secret_value(),
            "PORTAL_API_KEYS": str((self._place.directory / "portal-keys.json").resolve()),
            "PORTAL_OPERATORS": str((self._place.directory / "portal-operators.json").resolve()),
        }

    async def _listening(self, doing: Doing, name: str, usual: Ports, start: Callable[[Ports], Started]) -> Ports:
        """Starts children that listen on the usual ports, or on free ones if those are in use."""
        doing.say(f"Starting {name}")
        for attempt in range(1, ATTEMPTS + 1):
            ports = free_ports(usual)
            started = start(ports)
            try:
                for sign, child in started.items():
                    await child.says(sign)
                break
            except Problem:
                if attempt == ATTEMPTS or not any(map(_found_its_port_taken, started.values())):
                    raise
                for child in started.values():
                    await child.stop()
        for what, port in usual.items():
            if ports[what] != port:
                doing.done(f"Port {port} is in use: {what} listens on {ports[what]} instead")
        self._ready += started.values()
        return ports

    def _write_environment(self) -> None:
        variables = {
            "TEMPORAL_ADDRESS": self.address,
            "TEMPORAL_CODEC_ENDPOINT": self.codec_server,
            "TEMPORAL_CODEC_AUTH": f"Bearer {self._safe.terminal_token.get_secret_value()}",
            "ESIM_ENCRYPTION_KEYS": self._safe.encryption_keys.get_secret_value(),
            **self._portal_access(),
            **self._exported,
        }
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        write_secret(self.environment, exports.encode())

    def _start(self, name: str, command: Sequence[str], configured: Mapping[str, str]) -> Child:
        try:
            child = Child(name, command, surroundings(configured), self._place)
        except OSError as error:
            raise Problem(
                "DemoFailed", f"{command[0]} cannot be started ({error.strerror}); make demo installs what it needs"
            ) from None
        self._children.append(child)
        return child


def _found_its_port_taken(child: Child) -> bool:
    return "address already in use" in child.output.lower()


async def _works(client: Client) -> bool:
    try:
        return await Server(client, TASK_QUEUE).workers_poll()
    except RPCError:
        return False
