"""The three processes that a demo consists of: Temporal, the simulated SFT, the worker."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from cli.problem import Problem
from cli.screen import Doing
from cli.server import workers_poll
from demo.child import LOOK_SECONDS, ROOT, Child
from demo.place import Place
from demo.ports import LOOPBACK, free_ports
from demo.surroundings import surroundings
from registration import register_search_attributes
from settings import PortalSettings
from workflows.intake import data_converter

TASK_QUEUE: Final[str] = PortalSettings.model_fields["esim_task_queue"].default
TEMPORAL: Final = Path(sys.executable).with_name("temporal")
TEMPORAL_PORTS: Final = {"Temporal": 7233, "Web UI": 8233}
SIMULATOR_PORTS: Final = {"Simulator": 8080}
METRICS_PORTS: Final = {"Metrics": 9464}
WORKER_GRACE_SECONDS: Final = 1
LATENCY_MS: Final = 300
"""Slow enough to see the steps."""

ATTEMPTS: Final = 3
"""How often a port may be snatched between the moment that it is seen to be free and the moment that it is used."""


class Company:
    """Starts them one after the other, and stops them in the opposite order.

    ``channels`` are the variables by which the worker knows whom it can tell what happens.
    """

    def __init__(self, place: Place, channels: Mapping[str, str]) -> None:
        self.address = self.web_ui = self.sft = self.control = self.metrics = ""
        self._place = place
        self._channels = channels
        self._children: list[Child] = []
        self._ready: list[Child] = []

    async def gather(self, doing: Doing) -> Client:
        """Starts all three, and returns a client of the Temporal server once the worker works.

        Raises:
            Problem: ``DemoFailed`` if one of them does not get ready.
        """
        client = await self._temporal(doing)
        await self._simulator(doing)
        await self._worker(client, doing)
        return client

    async def watch(self) -> None:
        """Raises a Problem of type ``DemoFailed`` as soon as one that was ready has ended."""
        while True:
            for child in self._ready:
                child.check()
            await asyncio.sleep(LOOK_SECONDS)

    async def dismiss(self) -> None:
        """Stops all of them."""
        for child in reversed(self._children):
            await child.stop()

    async def _temporal(self, doing: Doing) -> Client:
        def start(ports: Mapping[str, int]) -> Child:
            listening = [f"--ip={LOOPBACK}", f"--port={ports['Temporal']}", f"--ui-port={ports['Web UI']}"]
            database = [f"--db-filename={self._place.directory / 'temporal.db'}"]
            quick = ["--sqlite-pragma=journal_mode=wal", "--sqlite-pragma=synchronous=normal"]
            command = [str(TEMPORAL), "server", "start-dev", *listening, *database, *quick, "--log-level=error"]
            return self._start("Temporal", command, {})

        ports = await self._listening(doing, "Temporal", TEMPORAL_PORTS, start, "Temporal Server:")
        self.address = f"{LOOPBACK}:{ports['Temporal']}"
        self.web_ui = f"http://{LOOPBACK}:{ports['Web UI']}"
        client = await Client.connect(self.address, data_converter=data_converter)
        # The server's own option for this changes nothing in a database that an earlier version made.
        await register_search_attributes(client)
        doing.done(f"Temporal at {self.address}, its Web UI at {self.web_ui}")
        return client

    async def _simulator(self, doing: Doing) -> None:
        def start(ports: Mapping[str, int]) -> Child:
            # The database remembers the endpoints of earlier demos: this one gets others.
            unused = f"--first-endpoint={int(time.time() * 100)}"
            listening = [f"--host={LOOPBACK}", f"--port={ports['Simulator']}"]
            command = [sys.executable, "-m", "simulator", *listening, unused, f"--latency-ms={LATENCY_MS}"]
            return self._start("Simulator", command, {})

        ports = await self._listening(doing, "Simulator", SIMULATOR_PORTS, start, "Simulated SFT")
        simulator = f"http://{LOOPBACK}:{ports['Simulator']}"
        self.sft, self.control = f"{simulator}/api", f"{simulator}/simulator"
        doing.done(f"Simulated SFT at {self.sft}")

    async def _worker(self, client: Client, doing: Doing) -> None:
        configured = {
            **self._channels,
            "TEMPORAL_ADDRESS": self.address,
            "SFT_BASE_URL": self.sft,
            "SFT_USERNAME": "demo",
            "SFT_PASSWORD": "demo-password",
            "ESIM_SHUTDOWN_GRACE_SECONDS": str(WORKER_GRACE_SECONDS),
        }

        def start(ports: Mapping[str, int]) -> Child:
            metrics = {"METRICS_ADDRESS": f"{LOOPBACK}:{ports['Metrics']}"}
            return self._start("Worker", [sys.executable, str(ROOT / "worker.py")], configured | metrics)

        ports = await self._listening(doing, "Worker", METRICS_PORTS, start, "Working on task queue")
        self.metrics = f"http://{LOOPBACK}:{ports['Metrics']}/metrics"
        while not await _works(client):
            self._ready[-1].check()
            await asyncio.sleep(LOOK_SECONDS)
        doing.done(f"Worker on task queue {TASK_QUEUE}")

    async def _listening(
        self,
        doing: Doing,
        name: str,
        usual: Mapping[str, int],
        start: Callable[[Mapping[str, int]], Child],
        sign: str,
    ) -> Mapping[str, int]:
        """Starts a child that listens on the usual ports, or on free ones if those are in use."""
        doing.say(f"Starting {name}")
        for attempt in range(1, ATTEMPTS + 1):
            ports = free_ports(usual)
            child = start(ports)
            try:
                await child.says(sign)
                break
            except Problem:
                if attempt == ATTEMPTS or "address already in use" not in child.output.lower():
                    raise
        for what, port in usual.items():
            if ports[what] != port:
                doing.done(f"Port {port} is in use: {what} listens on {ports[what]} instead")
        self._ready.append(child)
        return ports

    def _start(self, name: str, command: Sequence[str], configured: Mapping[str, str]) -> Child:
        try:
            child = Child(name, command, surroundings(configured), self._place)
        except OSError as error:
            raise Problem(
                "DemoFailed", f"{command[0]} can not be started ({error.strerror}); make demo installs what it needs"
            ) from None
        self._children.append(child)
        return child


async def _works(client: Client) -> bool:
    try:
        return await workers_poll(client, TASK_QUEUE)
    except RPCError:
        return False
