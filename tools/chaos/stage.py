"""The real processes of a run: Temporal on its file, the simulated SFT, and two workers, of two builds."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from types import MappingProxyType
from typing import Any, Final

import httpx
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from temporal.data_converter import data_converter
from tools.chaos.dev_server import connected, dev_server
from tools.chaos.forces.forgetting import QUICK_DELETION
from tools.chaos.guard import Guard
from tools.chaos.plan import WORKERS, Kill
from tools.chaos.process import LOOK_SECONDS, Process
from tools.chaos.site import OWN, Site
from tools.demo.ports import LOOPBACK, free_ports
from tools.simulator.habits.catalog import HABITS
from tools.simulator.ledger import Ledger

OLDER: Final = "worker-1"
"""Runs the build as it is until the rollout is finished; the other worker is of the newer build from the beginning."""

BUILDS: Final = {OLDER: [sys.executable, "worker.py"], WORKERS[1]: [sys.executable, "-m", "tools.chaos.newer_build"]}

AT_WORK: Final = "Working on task queue"
"""What a worker writes into its log once it polls."""

LIMITS: Final = MappingProxyType(
    {"SFT_TIMEOUT_SECONDS": "6", "SFT_SLOW_TIMEOUT_SECONDS": "6", "SFT_SETTLE_SECONDS": "3"}
)
"""Small, so that much happens in little time; but a call may outlast the first heartbeat of its activity, which comes
after 4 seconds and tells it that it was paused."""

EXPECTED: Final = ("No Temporal server answers", "but the Temporal server keeps")
"""What a worker may say that ends at its start."""

HELD_SECONDS: Final = 5.5
"""How long SFT keeps a call waiting that is to be paused or reset."""

DELAYS: Final = (0.1, 13.0)
"""Of late answers and of late work, in seconds: some within the limits, some within the settle window that follows (the
looks at 0, 1 and 3 s after the time-out), and the rest after the call was sent again."""

CONTINUE_AS_NEW_EVENTS: Final = 150
"""Temporal suggests continue-as-new at 4,096 events; subscriptions that live for minutes are to come across it too."""


@dataclass
class Toll:
    """What was done to the processes."""

    killed: Counter[str] = field(default_factory=Counter)
    """By name of the process and of the signal."""
    ended_by_themselves: list[str] = field(default_factory=list)
    could_not_start: int = 0
    """Workers that were started just as the server was killed or given a ceiling, said so, and were started again."""


class Stage:
    """Everything that runs, and what can be done to it."""

    def __init__(self, directory: Path, guard: Guard, esims: int, habits: Sequence[str], site: Site) -> None:
        self.site = site
        ports = free_ports({"temporal": 0, "simulator": 0})
        self.address = f"{LOOPBACK}:{ports['temporal']}"
        self.toll = Toll()
        self._sft = f"http://{LOOPBACK}:{ports['simulator']}"
        self._http = httpx.AsyncClient(base_url=f"{self._sft}/simulator/", trust_env=False, timeout=30)
        environment = site.environment(
            {
                "TEMPORAL_ADDRESS": self.address,
                "ESIM_TASK_QUEUE": site.task_queue,
                "SFT_BASE_URL": f"{self._sft}/api",
                "SFT_USERNAME": "demo",
                "SFT_PASSWORD": "demo-password",
                "ESIM_SHUTDOWN_GRACE_SECONDS": "5",
                **LIMITS,
                **{name: value for habit in habits for name, value in HABITS[habit].settings.items()},
            }
        )
        commands = {
            **({} if site.is_given else {"temporal": _temporal(ports["temporal"], directory)}),
            "simulator": [
                *(sys.executable, "-m", "tools.simulator", "--port", str(ports["simulator"])),
                *("--first-endpoint", str(site.first_endpoint)),
                *("--esims", str(esims), "--token-seconds", "20", "--latency-ms", "150"),
                *(word for habit in habits for word in ("--habit", habit)),
            ],
            **BUILDS,
        }
        self._directory, self._guard, self._environment = directory, guard, environment
        self.processes = {
            name: Process(name, command, environment, directory, guard) for name, command in commands.items()
        }
        self._quiet = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(TelemetryFilter("ERROR", "ERROR"))))
        self._client: Client | None = None
        self._down: set[str] = set()

    @property
    def client(self) -> Client:
        """A client of the Temporal server, which goes on when the server is killed and comes back."""
        assert self._client is not None
        return self._client

    async def set_up(self) -> None:
        """Starts everything. Raises NotReady if something does not get ready."""
        for name, process in self.processes.items():
            if name not in WORKERS:
                process.start()
        await self.processes["simulator"].says("Simulated SFT")
        self._client = await self._connect()
        for name in WORKERS:
            self.processes[name].start()
        for name in WORKERS:
            await self.processes[name].says(AT_WORK)

    async def tear_down(self) -> None:
        """Kills everything, whatever state it is in."""
        for process in self.processes.values():
            process.destroy()
        await self._http.aclose()

    async def carry_out(self, kill: Kill) -> None:
        """Kills a process that is at work, and starts it again on the same port and file."""
        process = self.processes[kill.victim]
        while kill.victim in self._down or (kill.victim in WORKERS and not process.said(AT_WORK)):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        self._down.add(kill.victim)
        try:
            await process.kill(kill.signal)
            self.toll.killed[f"{kill.victim.rstrip('-12')} {kill.signal.name}"] += 1
            await asyncio.sleep(kill.down)
            await self._start_again(process)
        finally:
            self._down.discard(kill.victim)

    async def watch(self) -> None:
        """Notes and restarts, as a supervisor does, whatever ends without having been killed."""
        while True:
            for process in self.processes.values():
                if process.name not in self._down and (code := process.ended_with) is not None:
                    if code == 1 and any(map(process.said, EXPECTED)):
                        self.toll.could_not_start += 1
                    else:
                        self.toll.ended_by_themselves.append(f"{process.name} with code {code}")
                    process.destroy()
                    await self._start_again(process)
            await asyncio.sleep(0.5)

    async def finish_rollout(self) -> None:
        """Replaces the older build by the newer one, as a rolling update ends."""
        self.processes[OLDER].command = BUILDS[WORKERS[1]]
        await self.carry_out(Kill(0, OLDER, 0, Signals.SIGTERM))

    @asynccontextmanager
    async def guest(self, name: str, variables: Mapping[str, str]) -> AsyncIterator[Process]:
        """One more worker for as long as the block lasts, with these variables beside the usual ones."""
        environment = {**self._environment, **variables}
        process = Process(name, BUILDS[OLDER], environment, self._directory, self._guard)
        process.start()
        try:
            yield process
        finally:
            process.destroy()

    async def ledger(self) -> Ledger:
        """SFT's own account of everything."""
        ledger: Ledger = (await self._http.get("ledger")).json()
        return ledger

    async def order(self, path: str, order: object) -> Any:
        """Orders faults, chaos, stock or a stranger's act from the simulator, and returns its answer."""
        return (await self._http.post(path, json=order)).raise_for_status().json()

    async def _start_again(self, process: Process) -> None:
        if process.name in WORKERS:
            await self._answers()  # a worker does not start without a server
        process.start()
        if process.name == "temporal":
            await self._answers()

    async def _connect(self) -> Client:
        if self.site.is_given:
            return await self.site.client(self._quiet)
        return await connected(self.address, data_converter, self._quiet)

    async def _answers(self) -> None:
        await self._connect()


def _temporal(port: int, directory: Path) -> list[str]:
    return dev_server(
        port,
        "warn",
        *("--db-filename", str(directory / "temporal.db")),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={CONTINUE_AS_NEW_EVENTS}"),
        *QUICK_DELETION,
    )


@asynccontextmanager
async def stage(directory: Path, esims: int, habits: Sequence[str] = (), site: Site = OWN) -> AsyncIterator[Stage]:
    """A stage that is set up, and gone when the block ends."""
    with closing(Guard()) as guard:
        scene = Stage(directory, guard, esims, habits, site)
        try:
            await scene.set_up()
            yield scene
        finally:
            await scene.tear_down()
