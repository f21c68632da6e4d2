"""How our own processes connect to Temporal."""

import asyncio
import re
from typing import TYPE_CHECKING, Final

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from encryption.converter import data_converter_with

if TYPE_CHECKING:
    from encryption.keys import KeyRing

CONNECT_SECONDS: Final = 3.0


class NoTemporalServer(Exception):
    """The Temporal server can not be reached, or refuses us. The message says which one, and what to do."""


async def connect(keys: "KeyRing | None", seconds: float = CONNECT_SECONDS) -> Client:
    """A client for the server that ``TEMPORAL_*`` or a ``temporal.toml`` profile names; localhost:7233 if none does.

    ``keys`` encrypt everything that it sends, and decrypt what it reads.

    Raises:
        NoTemporalServer: if the configuration can not be read, or the server does not answer within so many seconds.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except Exception as error:
        raise NoTemporalServer(
            f"The Temporal client configuration can not be read: {' '.join(str(error).split())}"
        ) from None
    address = config.setdefault("target_host", "localhost:7233")
    try:
        async with asyncio.timeout(seconds):
            return await Client.connect(**config, data_converter=data_converter_with(keys))
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise NoTemporalServer(
            f"No Temporal server answers at {address} ({_reason(error)}): start one, or set TEMPORAL_ADDRESS"
        ) from None


def _reason(error: Exception) -> str:
    """The words of the system, which the SDK wraps in its own structures; all of it where there are none."""
    words = re.search(r'(?:message|error): "([^"]+)"', str(error))
    return words[1] if words else str(error) or "timed out"
