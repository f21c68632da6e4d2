"""Who is on the machine, and wants what a process of ours has in its memory."""

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import pytest

from tests.support.encryption_keys import key
from tests.support.forked import ROOT
from tests.support.ports import free_port
from tests.support.seller import Seller
from tests.support.telling import long_but
from tools.demo.surroundings import surroundings

TOKEN = "ann-may-read-this-1234"
SECRET = "a secret of the tests that is long enough"
COUNTED = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"


def programs(seller: Seller) -> dict[str, tuple[list[str], dict[str, str]]]:
    connected = {"TEMPORAL_ADDRESS": seller.client.service_client.config.target_host}
    sft = {"SFT_BASE_URL": seller.base_url, "SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password"}
    return {
        "Working on": (["worker.py"], connected | sft | {"ESIM_TASK_QUEUE": seller.task_queue}),
        "Portal at": (["-m", "portal"], connected | {"PORTAL_SECRET": SECRET, "PORTAL_ADDRESS": address()}),
        "Codec server at": (
            ["-m", "temporal.codec_server"],
            {
                "ESIM_ENCRYPTION_KEYS": key(1),
                "CODEC_SERVER_TOKENS": f"ann:{TOKEN}",
                "CODEC_SERVER_ADDRESS": address(),
            },
        ),
    }


def address() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells")
@pytest.mark.parametrize("ready", long_but(["Portal at"], ["Working on", "Portal at", "Codec server at"]))
async def test_a_process_with_secrets_leaves_no_core_whatever_it_dies_of(open_shop: Seller, ready: str) -> None:
    program, variables = programs(open_shop)[ready]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *program),
        cwd=ROOT,
        env=surroundings(variables),
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)),
    )
    assert process.stderr
    async with asyncio.timeout(60):
        while ready not in (await process.stderr.readline()).decode():
            assert process.returncode is None
    limits = Path(f"/proc/{process.pid}/limits").read_text()  # noqa: ASYNC240
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    os.kill(process.pid, signal.SIGKILL)
    await process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
@pytest.mark.parametrize(
    "program",
    long_but(["worker"], ["worker", "portal.__main__", "temporal.codec_server", "starter", "tools.demo.__main__"]),
)
async def test_no_process_of_the_same_user_may_read_it_either(program: str) -> None:
    """After its main, whatever that came to, the kernel is asked."""
    ask = f"import sys, contextlib; sys.argv = ['x', '--help']; import {program} as it\n"
    run = "it.main()" if program in ("starter", "tools.demo.__main__") else "it.main(['--nonsense'])"
    tried = f"{ask}with contextlib.suppress(SystemExit): {run}\n{COUNTED}"
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", tried),
        cwd=ROOT,
        env=surroundings({}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await asked.communicate()
    assert output.decode().splitlines()[-1] == "0"
