"""What runs for a benchmark: one Temporal server that keeps everything in memory, the simulated SFT, and workers."""

import base64
import itertools
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from temporalio.client import Client

from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from tools.bench.inside import quiet_runtime
from tools.bench.sft import LATENCY_MS, Sft
from tools.bench.side import Floor, Metered, Ours
from tools.chaos.dev_server import connected, dev_server
from tools.chaos.guard import Guard
from tools.chaos.process import Process
from tools.chaos.site import OWN, Site, leave_as_it_was
from tools.demo.ports import LOOPBACK, free_ports

KEYS: Final = f"bench:{base64.b64encode(bytes(range(32))).decode()}"
"""Not a secret: nothing but a benchmark's made-up sales is encrypted with it."""

AT_WORK: Final = "Working on task queue"
"""What every worker writes into its log once it polls."""


class Scene:
    """Starts what a measurement asks for."""

    def __init__(self, directory: Path, guard: Guard, site: Site) -> None:
        self.directory, self._guard, self._site = directory, guard, site
        self._queues: list[str] = []
        ports = free_ports({"temporal": 0, "simulator": 0})
        self._address = f"{LOOPBACK}:{ports['temporal']}"
        self._sft_address = f"http://{LOOPBACK}:{ports['simulator']}"
        self.sft = Sft(self._sft_address)
        self.server = self._process("temporal", dev_server(ports["temporal"], "error"))
        self.simulator = self._process(
            "simulator",
            [
                *(sys.executable, "-m", "tools.simulator", "--port", str(ports["simulator"]), "--esims", "0"),
                *("--first-endpoint", str(site.first_endpoint)),
                *("--token-seconds", "100000", "--latency-ms", str(LATENCY_MS)),
            ],
        )
        self._processes: list[Process] = [self.simulator] if site.is_given else [self.server, self.simulator]
        self._numbers = itertools.count(1)
        self.quiet = quiet_runtime()

    async def set_up(self) -> None:
        """Starts the server and the simulator. Raises NotReady if one does not get ready."""
        for process in self._processes:
            process.start()
        await self.simulator.says("Simulated SFT")
        await self.connect()

    @property
    def server_pid(self) -> dict[str, int]:
        """The process whose CPU is measured beside ours; none of a cluster that is given."""
        return {} if self._site.is_given else {"Temporal server": self.server.pid}

    async def tear_down(self) -> None:
        """Kills everything, and leaves a cluster that is given as it was."""
        for process in self._processes:
            process.destroy()
        await self.sft.aclose()
        if self._site.is_given:
            for queue in self._queues:
                await leave_as_it_was(replace(self._site, task_queue=queue))

    async def metered(self) -> Metered:
        """The product with a worker of its own that counts what it asks of the server, and what fails."""
        address = f"{LOOPBACK}:{free_ports({'metrics': 0})['metrics']}"
        queue = f"metered-{next(self._numbers):03}"
        worker = await self._worker(queue, ["worker.py"], ESIM_TASK_QUEUE=queue, METRICS_ADDRESS=address)
        return Metered(await self.connect(), queue, worker, address)

    async def ours(self, *options: str, encrypted: bool = False) -> Ours:
        """The product with a worker of its own; ``options`` are those of bench.variant."""
        variables = {"ESIM_ENCRYPTION_KEYS": KEYS} if encrypted else {}
        queue = f"ours-{next(self._numbers):03}"
        command = ["-m", "tools.bench.variant", *options] if options else ["worker.py"]
        worker = await self._worker(queue, command, ESIM_TASK_QUEUE=queue, **variables)
        return Ours(await self.connect(KEYS if encrypted else None), queue, worker)

    async def shop(self, ours: Ours, api_keys: Path) -> tuple[Process, str]:
        """The shop of a product that is not encrypted, and its address; ``api_keys`` are those of its REST API."""
        address = f"{LOOPBACK}:{free_ports({'shop': 0})['shop']}"
        variables = {"ESIM_TASK_QUEUE": ours.task_queue, "PORTAL_ADDRESS": address, "PORTAL_API_KEYS": str(api_keys)}
        secret = {"PORTAL_SECRET": "not a secret: nobody but a benchmark buys in this shop"}
        shop = self._process("shop", [sys.executable, "-m", "portal"], **variables, **secret)
        self._processes.append(shop)
        shop.start()
        await shop.says("Portal at")
        return shop, f"http://{address}"

    async def floor(self, *options: str) -> Floor:
        """The floor with a worker of its own; ``options`` are those of bench.floor."""
        queue = f"floor-{next(self._numbers):03}"
        worker = await self._worker(queue, ["-m", "tools.bench.floor", queue, *options])
        return Floor(await self.connect(), queue, worker)

    async def _worker(self, queue: str, command: Sequence[str], **variables: str) -> Process:
        self._queues.append(queue)
        worker = self._process(f"worker-{queue}", [sys.executable, *command], **variables)
        self._processes.append(worker)
        worker.start()
        await worker.says(AT_WORK)
        return worker

    def _process(self, name: str, command: Sequence[str], **variables: str) -> Process:
        environment = self._site.environment(
            {
                "TEMPORAL_ADDRESS": self._address,
                "SFT_BASE_URL": f"{self._sft_address}/api",
                "SFT_USERNAME": "demo",
                "SFT_PASSWORD": "demo-password",
                **variables,
            }
        )
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the sandbox loads workflows anew for every run
        return Process(name, command, environment, self.directory, self._guard)

    async def connect(self, keys: str | None = None) -> Client:
        """A client of the Temporal server. Raises NotReady if that does not get ready."""
        if self._site.is_given:
            return await self._site.client(self.quiet, KeyRing.parse(keys) if keys else None)
        converter = data_converter_with(KeyRing.parse(keys) if keys else None)
        return await connected(self._address, converter, self.quiet)


@asynccontextmanager
async def scene(directory: Path, site: Site = OWN) -> AsyncIterator[Scene]:
    """A scene that is set up, and gone when the block ends."""
    with closing(Guard()) as guard:
        scene = Scene(directory, guard, site)
        try:
            await scene.set_up()
            yield scene
        finally:
            await scene.tear_down()
