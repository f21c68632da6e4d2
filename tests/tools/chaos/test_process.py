import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.chaos.guard import ROOT, Guard
from tools.chaos.process import NotReady, Process


class Family:
    """A process with a child of its own, and a pipe that stays open for as long as one of the two is alive."""

    def __init__(self, directory: Path) -> None:
        self._pipe = directory / "alive"
        os.mkfifo(self._pipe)
        self._reader = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.code = (
            f"import os, subprocess, sys, time; pipe = os.open({str(self._pipe)!r}, os.O_WRONLY); "
            "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], pass_fds=[pipe]); "
            "os.write(pipe, b'.'); print('ready', flush=True); time.sleep(60)"
        )

    async def lives(self) -> None:
        """Returns once both have begun."""
        await self._until(b".")

    async def is_gone(self) -> None:
        """Returns once neither is left."""
        await self._until(b"")

    async def _until(self, expected: bytes) -> None:
        deadline = time.monotonic() + 20
        while self._read() != expected:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    def _read(self) -> bytes | None:
        try:
            return os.read(self._reader, 1)
        except BlockingIOError:
            return None


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


def process(code: str, directory: Path, guard: Guard) -> Process:
    return Process("child", [sys.executable, "-c", code], os.environ, directory, guard)


async def test_a_killed_process_takes_its_children_along_and_can_live_again(tmp_path: Path, guard: Guard) -> None:
    family = Family(tmp_path)
    child = process(family.code, tmp_path, guard)
    for _ in range(2):
        child.start()
        assert not child.said("ready")
        await child.says("ready")
        await family.lives()
        assert await child.kill() == -signal.SIGKILL
        await family.is_gone()
    assert child.lives == 2


async def test_an_end_that_nobody_ordered_is_noticed(tmp_path: Path, guard: Guard) -> None:
    child = process("raise SystemExit(3)", tmp_path, guard)
    child.start()
    with pytest.raises(NotReady, match="did not get ready"):
        await child.says("ready")
    assert child.ended_with == 3
    child.destroy()


async def test_a_process_that_is_asked_to_stop_ends_with_its_own_code(tmp_path: Path, guard: Guard) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); "
    child = process(f"{code}print('ready', flush=True); time.sleep(60)", tmp_path, guard)
    child.start()
    await child.says("ready")
    assert await child.kill(signal.SIGTERM) == 5


async def test_nothing_is_left_behind_even_if_the_run_itself_is_killed(tmp_path: Path) -> None:
    family = Family(tmp_path)
    run = (
        "import os, sys, time; from pathlib import Path; from tools.chaos.guard import Guard; "
        "from tools.chaos.process import Process; "
        f"place = Path({str(tmp_path)!r}); "
        f"child = Process('child', [sys.executable, '-c', {family.code!r}], os.environ, place, Guard()); "
        "child.start(); time.sleep(60)"
    )
    running = await asyncio.create_subprocess_exec(sys.executable, "-c", run, cwd=ROOT)
    await family.lives()
    running.kill()
    await running.wait()
    await family.is_gone()
