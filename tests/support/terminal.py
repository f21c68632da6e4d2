"""A terminal under test: starter.py or the demo as a process of its own, in an environment that the tests know."""

import asyncio
import json
import os
import pty
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.forked import ROOT, Program, start
from tests.support.seller import Seller
from tools.demo.surroundings import surroundings


@dataclass
class Finished:
    """What a command left behind."""

    code: int
    output: str
    errors: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document that is all of the output."""
        document = json.loads(self.output)
        assert isinstance(document, dict)
        return document

    @property
    def sentence(self) -> str:
        """The one line that it complained with, before which nothing went wrong."""
        [line] = self.errors.splitlines()
        return line


@dataclass
class Terminal:
    """Runs a program with these variables, and none of ours that happen to be set around the tests."""

    variables: dict[str, str]
    directory: Path = ROOT
    new_python: bool = False
    """For what has to do with how Python starts and ends, and how long that takes; a forked one is much cheaper."""
    program: str = "starter.py"
    """A file at the root, or the ``__main__.py`` of a package."""

    async def start(self, *arguments: str, stdin: int = DEVNULL, **variables: str) -> Process | Program:
        environment = surroundings(self.variables | variables)
        if not self.new_python:
            return await start(self.program, *arguments, cwd=self.directory, env=environment, stdin=stdin)
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *self._started_as(),
            *arguments,
            cwd=self.directory,
            env=environment,
            stdin=stdin,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )

    def _started_as(self) -> Sequence[str]:
        package, is_package, _ = self.program.partition("/__main__.py")
        return ["-m", package.replace("/", ".")] if is_package else [str(ROOT / self.program)]

    async def run(self, *arguments: str, **variables: str) -> Finished:
        return await self._run(DEVNULL, arguments, variables)

    async def answer(self, answer: str, *arguments: str) -> Finished:
        """Runs a command in front of somebody who answers what it asks."""
        person, terminal = pty.openpty()
        try:
            os.write(person, f"{answer}\n".encode())
            return await self._run(terminal, arguments, {})
        finally:
            os.close(terminal)
            os.close(person)

    async def _run(self, stdin: int, arguments: Sequence[str], variables: dict[str, str]) -> Finished:
        started = time.monotonic()
        process = await self.start(*arguments, stdin=stdin, **variables)
        try:
            output, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        return Finished(process.returncode, output.decode(), errors.decode(), time.monotonic() - started)


def demo_terminal(variables: Mapping[str, str] | None = None, *, new_python: bool = False) -> Terminal:
    """A terminal that runs ``python -m tools.demo``."""
    return Terminal(dict(variables or {}), new_python=new_python, program="tools/demo/__main__.py")


def terminal_of(shop: Seller) -> Terminal:
    """A terminal of this seller's portal."""
    address = shop.client.service_client.config.target_host
    return Terminal({"TEMPORAL_ADDRESS": address, "ESIM_TASK_QUEUE": shop.task_queue})


async def sourced(file: Path) -> dict[str, str]:
    """The variables that a shell has after it was told to source that file."""
    shell = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", '. "$0" && exec /usr/bin/env -0', str(file)), env={}, stdout=PIPE
    )
    output, _ = await shell.communicate()
    return dict(line.split("=", 1) for line in output.decode().split("\0") if line and not line.startswith("PWD="))


async def reads(process: Process | Program, words: str) -> str:
    """What the process writes, up to and with the line that completes these words."""
    assert process.stdout is not None
    written = ""
    async for line in process.stdout:
        written += line.decode()
        if words in written:
            return written
    errors = (await process.stderr.read()).decode() if process.stderr else ""
    raise AssertionError(f"{words!r} was never written, only:\n{written}\nand on standard error:\n{errors}")
