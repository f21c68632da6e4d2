"""A namespace that several clusters replicate: a worker works only while the one that its operator confirmed is active.

A forced failover may begin again, on the other side, what was under way on this one, so somebody has to look before
anything is sold there: docs/operations.md#after-a-failover. Until then workers stop, and do not start.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from temporal.beside import beside

EVERY_SECONDS: Final = 10.0
"""Between two looks which cluster is active."""

logger = logging.getLogger("worker")


class NotConfirmed(Exception):
    """The namespace is active in a cluster that nobody confirmed. The message says which, and what to do."""


async def check_active_cluster(client: Client, confirmed: str | None) -> None:
    """Lets a worker start only where the namespace is active in the ``confirmed`` cluster.

    A namespace of one cluster is never refused. Where nothing is confirmed, that is only warned about.

    Raises:
        NotConfirmed: if another cluster is active.
    """
    active = await _active_cluster(client)
    if active is None:
        return
    if confirmed is None:
        logger.warning(
            "Namespace %s can fail over, and is active in %s: set ESIM_CONFIRMED_CLUSTER=%s, so that nothing is sold "
            "after a failover before somebody looked",
            client.namespace,
            active,
            active,
        )
    elif active != confirmed:
        raise NotConfirmed(_refusal(client.namespace, active, confirmed))


@asynccontextmanager
async def stopping_at_failover(
    client: Client, confirmed: str | None, stop: asyncio.Event, every_seconds: float = EVERY_SECONDS
) -> AsyncIterator[None]:
    """Tells the worker to stop, by ``stop``, if another cluster than the ``confirmed`` one becomes active meanwhile."""
    if confirmed is None:
        yield
        return
    async with beside(_watch(client, confirmed, stop, every_seconds)):
        yield


async def _watch(client: Client, confirmed: str, stop: asyncio.Event, every_seconds: float) -> None:
    while not stop.is_set():
        try:
            active = await _active_cluster(client)
        except RPCError:
            active = None  # the server is away, maybe because it fails over just now: the next look tells
        if active not in (None, confirmed):
            logger.critical("Stopping. %s", _refusal(client.namespace, str(active), confirmed))
            stop.set()
        await asyncio.sleep(every_seconds)


async def _active_cluster(client: Client) -> str | None:
    """None for a namespace that cannot fail over."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    namespace = await client.workflow_service.describe_namespace(request)
    return namespace.replication_config.active_cluster_name if namespace.is_global_namespace else None


def _refusal(namespace: str, active: str, confirmed: str) -> str:
    return (
        f"Namespace {namespace} is active in cluster {active}, and ESIM_CONFIRMED_CLUSTER is {confirmed}: it failed "
        "over. What was under way may be done twice: do what docs/operations.md says under 'After a failover', then "
        f"set ESIM_CONFIRMED_CLUSTER={active}"
    )
