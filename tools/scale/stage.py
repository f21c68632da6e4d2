"""What runs while many eSIMs are alive: a real Temporal server, the simulated SFT, one worker, and a portal."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

import httpx
from temporalio.client import Client
from temporalio.runtime import Runtime

from temporal.data_converter import data_converter
from tools.bench.proc import cpu_seconds, rss_bytes
from tools.bench.sft import LATENCY_MS, PLAN, Sft
from tools.chaos.dev_server import connected, dev_server
from tools.chaos.guard import Guard
from tools.chaos.process import Process
from tools.demo.ports import LOOPBACK, free_ports
from tools.demo.surroundings import surroundings
from tools.scale.told import portal

TASK_QUEUE: Final = "scale"
AT_WORK: Final = "Working on task queue"
MOST_AT_ONCE: Final = 10_000
"""eSIMs that the simulator is asked for in one request."""

_CPU: Final = ("worker", "temporal", "simulator")


class Stage:
    """The processes. ``address`` is where the worker shows its metrics."""

    def __init__(self, directory: Path, guard: Guard, portal_settings: Mapping[str, str]) -> None:
        ports = free_ports({"temporal": 0, "simulator": 0, "metrics": 0})
        self.address = f"{LOOPBACK}:{ports['metrics']}"
        self._temporal = f"{LOOPBACK}:{ports['temporal']}"
        sft = f"http://{LOOPBACK}:{ports['simulator']}"
        self.sft = Sft(sft)
        self.http = httpx.AsyncClient(base_url=f"{sft}/simulator/", trust_env=False, timeout=120)
        variables = surroundings(
            {
                **{"TEMPORAL_ADDRESS": self._temporal, "METRICS_ADDRESS": self.address, "ESIM_TASK_QUEUE": TASK_QUEUE},
                **{"SFT_BASE_URL": f"{sft}/api", "SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password"},
                **portal_settings,
            }
        )
        simulator = ["-m", "tools.simulator", "--port", str(ports["simulator"]), "--esims", "0"]
        slow = ["--token-seconds", "100000", "--latency-ms", str(LATENCY_MS)]
        commands = {
            "temporal": dev_server(ports["temporal"], "error"),
            "simulator": [sys.executable, *simulator, *slow],
            "worker": [sys.executable, "worker.py"],
        }
        self._processes = {
            name: Process(name, command, variables, directory, guard) for name, command in commands.items()
        }

    async def set_up(self) -> Client:
        """Starts everything. Raises NotReady if something does not get ready."""
        self._processes["temporal"].start()
        self._processes["simulator"].start()
        await self._processes["simulator"].says("Simulated SFT")
        client = await connected(self._temporal, data_converter, Runtime.default())
        self._processes["worker"].start()
        await self._processes["worker"].says(AT_WORK)
        return client

    async def tear_down(self) -> None:
        """Kills everything."""
        for process in self._processes.values():
            process.destroy()
        await self.http.aclose()
        await self.sft.aclose()

    def cpu(self) -> dict[str, float]:
        """Seconds that each process has computed."""
        return {name: cpu_seconds(self._processes[name].pid) for name in _CPU}

    def rss(self, name: str) -> int:
        """Bytes of a process that are in memory."""
        return rss_bytes(self._processes[name].pid)

    async def add_sold(self, count: int) -> list[tuple[str, str]]:
        """Adds active eSIMs, each with an add-on that waits for its first use: their endpoints and uniqueIds."""
        found: list[tuple[str, str]] = []
        for first in range(0, count, MOST_AT_ONCE):
            order = {"count": min(MOST_AT_ONCE, count - first), "sold_with": [PLAN]}
            (await self.http.post("esims", json=order)).raise_for_status()
        for endpoint in (await self.http.get("ledger")).raise_for_status().json()["endpoints"]:
            found += ((endpoint["endpoint_id"], addon["unique_id"]) for addon in endpoint["addons"])
        return found

    async def use(self, endpoint_id: str, used: int) -> None:
        """Traffic on an endpoint, in bytes."""
        (await self.http.post(f"endpoints/{endpoint_id}/traffic", json={"bytes": used})).raise_for_status()


@asynccontextmanager
async def stage(directory: Path) -> AsyncIterator[tuple[Stage, Client]]:
    """A stage that is set up, and gone when the block ends."""
    with closing(Guard()) as guard:
        async with portal() as settings:
            made = Stage(directory, guard, settings)
            try:
                yield made, await made.set_up()
            finally:
                await made.tear_down()
