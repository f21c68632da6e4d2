"""worker.py as a process of its own, in an environment that the tests know."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.forked import ROOT, Program, start
from tests.support.seller import Seller
from tests.support.terminal import Finished, Terminal
from tools.demo.surroundings import surroundings


@asynccontextmanager
async def worker_process(
    shop: Seller, new_python: bool = False, **variables: str
) -> AsyncIterator[asyncio.subprocess.Process | Program]:
    """A worker of this seller; in a Python of its own where it matters how that ends."""
    settings = {
        "TEMPORAL_ADDRESS": shop.client.service_client.config.target_host,
        "ESIM_TASK_QUEUE": shop.task_queue,
        "SFT_BASE_URL": shop.base_url,
        "SFT_USERNAME": "demo",
        "SFT_PASSWORD": "demo-password",
        "SFT_SETTLE_SECONDS": "1",
    }
    environment = surroundings(settings | variables)
    process = (
        await asyncio.create_subprocess_exec(
            sys.executable, "worker.py", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
        )
        if new_python
        else await start("worker.py", cwd=ROOT, env=environment)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended_worker(*arguments: str, **variables: str) -> Finished:
    """A worker that ends by itself."""
    return await Terminal(variables, program="worker.py").run(*arguments)
