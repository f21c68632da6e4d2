"""The Temporal dev server of a chaos run, and of the benchmark."""

import asyncio
import sys
import time
from pathlib import Path

from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from contract.search_attributes import SEARCH_ATTRIBUTES
from temporal.asking_again import asking_again
from tools.chaos.process import READY_SECONDS, NotReady
from tools.demo.ports import LOOPBACK


def dev_server(port: int, log_level: str, *options: str) -> list[str]:
    """The command that starts one, with the search attributes that the product needs."""
    return [
        *(str(Path(sys.executable).with_name("temporal")), "server", "start-dev"),
        *("--ip", LOOPBACK, "--port", str(port), "--headless", "--log-level", log_level),
        *(word for key in SEARCH_ATTRIBUTES for word in ("--search-attribute", f"{key.name}=Keyword")),
        *options,
    ]


async def connected(address: str, data_converter: DataConverter, runtime: Runtime) -> Client:
    """A client of the server at this address, once it answers. Raises NotReady if it does not within a minute."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            client = asking_again(await Client.connect(address, data_converter=data_converter, runtime=runtime))
            await client.count_workflows()
        except (RuntimeError, RPCError) as error:
            if time.monotonic() > deadline:
                raise NotReady(f"Temporal does not answer at {address}: {error}") from None
            await asyncio.sleep(0.2)
        else:
            return client
