"""A process of the demo: started in a process group of its own, with a log, and stopped for certain."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cli.problem import Problem
from tools.demo.place import Place

ROOT: Final = Path(__file__).parents[2]

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 6.0
LOOK_SECONDS: Final = 0.05
LAST_LINES: Final = 5


class Child:
    """One process, from the moment that this is made. Ctrl-C at the terminal does not reach it."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], place: Place) -> None:
        self._name = name
        self._log = place.directory / f"{name.lower()}.log"
        self._log.unlink(missing_ok=True)
        with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                umask=0o077,
                pass_fds=[place.lock],
            )

    @property
    def output(self) -> str:
        """Everything that it has written so far."""
        return self._log.read_text(errors="replace")

    def check(self) -> None:
        """Raises a Problem of type ``DemoFailed``, with the end of the log, if the process has ended."""
        if self._process.poll() is not None:
            raise self._failed(f"ended with code {self._process.returncode}")

    async def says(self, words: str) -> None:
        """Returns once these words are in its log; raises a Problem if it ends, or does not say them in a minute."""
        deadline = time.monotonic() + READY_SECONDS
        while words not in self.output:
            self.check()
            if time.monotonic() > deadline:
                raise self._failed(f"was not ready after {READY_SECONDS:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Ends the process: asks it and whatever it started, and kills them if it is there after STOP_SECONDS."""
        deadline = time.monotonic() + STOP_SECONDS
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                os.killpg(self._process.pid, signal.SIGKILL)
            await asyncio.sleep(LOOK_SECONDS)

    def _failed(self, how: str) -> Problem:
        last_lines = "\n".join(self.output.strip().splitlines()[-LAST_LINES:])
        return Problem("DemoFailed", f"{self._name} {how}; {self._log} ends with:\n{last_lines}")
