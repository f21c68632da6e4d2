"""Connects a process of ours to the Temporal server."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, Interceptor
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from temporal.client_config import read_cluster
from temporal.connect_errors import refusal
from temporal.data_converter import data_converter_with

# Not imported at runtime, so that a process without keys is spared the import of cryptography.
if TYPE_CHECKING:
    from temporal.encryption.keys import KeyRing

CONNECT_SECONDS: Final = 3.0


class NoTemporalServer(Exception):
    """The Temporal server cannot be reached, or refuses us. The message says which one, and what to do."""


async def connect(
    keys: "KeyRing | None",
    seconds: float = CONNECT_SECONDS,
    *,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """A client for the server that ``TEMPORAL_*`` or a ``temporal.toml`` profile names; localhost:7233 if none does.

    ``keys`` encrypt everything that it sends, and decrypt what it reads. It runs on the SDK's default runtime
    unless it is given one. ``interceptors`` are its own and its workers'.

    Raises:
        NoTemporalServer: if the configuration cannot be used, or the server does not answer within so many seconds,
            or refuses us, or does not have the namespace.
    """
    outcome = await _attempt(keys, seconds, runtime, interceptors)
    # Raised out here: further in, the SDK's error with all its frames would be its context.
    if isinstance(outcome, str):
        raise NoTemporalServer(outcome)
    return outcome


async def _attempt(
    keys: "KeyRing | None", seconds: float, runtime: Runtime | None, interceptors: Sequence[Interceptor]
) -> Client | str:
    config = read_cluster()
    if isinstance(config, str):
        return config
    try:
        async with asyncio.timeout(seconds):
            client = await Client.connect(
                **config, data_converter=data_converter_with(keys), runtime=runtime, interceptors=interceptors
            )
            namespace = DescribeNamespaceRequest(namespace=client.namespace)
            await client.workflow_service.describe_namespace(namespace, retry=True)
    except (RuntimeError, ValueError, TimeoutError, RPCError) as error:
        return refusal(error, config)
    return client
