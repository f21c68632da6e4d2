"""One process of a run, through all of its lives: killed and started again, on one log."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tools.chaos.guard import ROOT, Guard

READY_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1


class NotReady(Exception):
    """A process ended before it could begin, or took too long. The message holds the end of its log."""


class Process:
    """A command in a process group of its own."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path, guard: Guard
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self.lives = 0
        self.command, self.environment = list(command), dict(environment)
        """Of its next life."""
        self._guard = guard
        self._process: subprocess.Popen[bytes] | None = None
        self._begins_at = 0

    def start(self) -> None:
        """Begins a new life."""
        with self.log.open("ab") as log:
            self._begins_at = log.tell()
            self._process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self._guard.watch(self._process.pid)
        self.lives += 1

    @property
    def pid(self) -> int:
        """The process of the life that goes on."""
        assert self._process is not None
        return self._process.pid

    @property
    def ended_with(self) -> int | None:
        """The exit code of a life that has ended by itself; None while it lives, or after it was killed."""
        return self._process.poll() if self._process else None

    def said(self, words: str) -> bool:
        """Whether this life has written these words into the log."""
        return words in self._output()

    async def says(self, words: str) -> None:
        """Waits for these words. Raises NotReady if it ends, or has not said them after a minute."""
        deadline = time.monotonic() + READY_SECONDS
        while not self.said(words):
            if self.ended_with is not None or time.monotonic() > deadline:
                lines = "\n".join(self._output().splitlines()[-5:])
                raise NotReady(f"{self.name} did not get ready; {self.log} ends with:\n{lines}")
            await asyncio.sleep(LOOK_SECONDS)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int | None:
        """Sends a signal to the whole group, and returns the exit code; SIGKILL follows after 15 s."""
        process = self._process
        if process is None:
            return None
        self._signal(number)
        deadline = time.monotonic() + 15
        while process.poll() is None:
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
            await asyncio.sleep(0.02)
        self.destroy()
        return process.returncode

    def destroy(self) -> None:
        """Ends it now, with whatever it started."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self._process.pid)
        self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _output(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._begins_at)
            return log.read().decode(errors="replace")
