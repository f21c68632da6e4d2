"""Our programs as processes that cost a fifth: forked from one that has imported the packages of others already.

Everything else they do as if they had just been started: they read our own modules, and have a session, an environment,
signals and an exit code of their own.
"""

import asyncio
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from asyncio import StreamReader
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PATIENCE_SECONDS: Final = 8.0
"""How long starter.py waits for an answer at least: beside all other tests, who is there may take long to say so."""

PROGRAMS: Final = ("cli.program", "worker", "tools.demo.story")


class Program:
    """A process, as much of asyncio's as the tests use."""

    def __init__(self, pid: int, stdout: StreamReader, stderr: StreamReader, end: StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self._code = asyncio.create_task(self._read(end))

    @staticmethod
    async def _read(end: StreamReader) -> int:
        return int(await end.readline())

    @property
    def returncode(self) -> int | None:
        return self._code.result() if self._code.done() else None

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def communicate(self) -> tuple[bytes, bytes]:
        output, errors, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self._code)
        return output, errors


async def start(
    program: str, *arguments: str, cwd: Path, env: Mapping[str, str], stdin: int = subprocess.DEVNULL
) -> Program:
    """Starts one of ROOT's programs, in a session of its own."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    (stdout, its_stdout), (stderr, its_stderr), (end, its_end) = os.pipe(), os.pipe(), os.pipe()
    request = json.dumps([str(ROOT / program), arguments, str(cwd), dict(env)]).encode()
    given = [nothing if stdin == subprocess.DEVNULL else stdin, its_stdout, its_stderr, its_end]
    try:
        socket.send_fds(_forking(), [request], given)
    finally:
        for descriptor in (nothing, its_stdout, its_stderr, its_end):
            os.close(descriptor)
    readers = [await _reader(descriptor) for descriptor in (stdout, stderr, end)]
    return Program(int(await readers[-1].readline()), *readers)


async def _reader(descriptor: int) -> StreamReader:
    reader = StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb"))
    return reader


@functools.cache
def _forking() -> socket.socket:
    """The way to the process that forks, which ends when this one does."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-m", "tests.support.forked", str(its.fileno())]
        subprocess.Popen(
            command, cwd=ROOT, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
    return ours


def _fork_whatever_is_asked_for(requests: socket.socket) -> None:
    _import_the_packages_of_others()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the tests' terminal is for the tests
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, given, _, _ = socket.recv_fds(requests, 1_000_000, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            _mind(request, given)
        for descriptor in given:
            os.close(descriptor)


def _import_the_packages_of_others() -> None:
    for program in PROGRAMS:
        importlib.import_module(program)
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        if name != "__main__" and file.is_relative_to(ROOT) and ".venv" not in file.parts:
            del sys.modules[name]
    gc.freeze()


def _mind(request: bytes, given: Sequence[int]) -> None:
    """Says which process the program is, and when it has ended, with which code."""
    *standard, end = given
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(end)
        _become(request, standard)
        sys.exit()
    for descriptor in standard:
        os.close(descriptor)
    os.write(end, f"{pid}\n".encode())
    ends = select.poll()
    ends.register(os.pidfd_open(pid), select.POLLIN)
    ends.register(end, 0)
    if end in (descriptor for descriptor, _ in ends.poll()):  # nobody reads it any more: the tests were killed
        os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(end, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request: bytes, standard: Sequence[int]) -> None:
    program, arguments, cwd, environment = json.loads(request)
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [program, *arguments]
    sys.path[0] = str(ROOT)
    if Path(program).name == "starter.py":
        connection = importlib.import_module("cli.connection")
        connection.LEAST_SECONDS = PATIENCE_SECONDS  # type: ignore[attr-defined]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    _fork_whatever_is_asked_for(socket.socket(fileno=int(sys.argv[1])))
