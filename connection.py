"""How our own processes connect to Temporal."""

import asyncio
from typing import Final

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from workflows.intake import data_converter

CONNECT_SECONDS: Final = 4.0


class NoTemporalServer(Exception):
    """The Temporal server can not be reached, or refuses us. The message says which one, and what to do."""


async def connect() -> Client:
    """A client for the server that ``TEMPORAL_*`` or a ``temporal.toml`` profile names; localhost:7233 if none does.

    Raises:
        NoTemporalServer: if the configuration can not be read, or the server does not answer within 4 seconds.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except Exception as error:
        raise NoTemporalServer(f"The Temporal client configuration can not be read: {error}") from None
    address = config.setdefault("target_host", "localhost:7233")
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await Client.connect(**config, data_converter=data_converter)
    except (RuntimeError, TimeoutError) as error:
        raise NoTemporalServer(
            f"No Temporal server answers at {address}: start one, or set TEMPORAL_ADDRESS ({error or 'timed out'})"
        ) from None
