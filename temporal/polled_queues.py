"""Which task queues workers say that they ask: for a name that may have been mistyped."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from temporalio.api.enums.v1 import WorkerStatus
from temporalio.api.workflowservice.v1 import ListWorkersRequest
from temporalio.client import Client
from temporalio.service import RPCError

from contract.task_queues import events_task_queue, looks_task_queue
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE
from temporal.visibility import on_task_queue

LIKE: Final = 0.75
"""How like two names have to be, of 1: a letter or two that were mistyped, or swapped."""

SHUT_DOWN: Final = WorkerStatus.WORKER_STATUS_SHUTDOWN

MOST_WORKERS: Final = 1000
MOST_LIKE: Final = 3


async def polled_queues(client: Client) -> dict[str, set[str]]:
    """Which queues workers have told the server that they ask, and who: each does within a minute of its start. Empty
    where an older server does not tell, or one that does not let this program ask."""
    try:
        request = ListWorkersRequest(namespace=client.namespace, page_size=MOST_WORKERS)
        workers = (await client.workflow_service.list_workers(request)).workers_info
    except RPCError:
        return {}
    beats = [info.worker_heartbeat for info in workers if info.worker_heartbeat.status != SHUT_DOWN]
    return _by_queue((beat.task_queue, beat.worker_identity) for beat in beats)


async def polled_instead(client: Client, task_queue: str, polled: Mapping[str, set[str]]) -> list[str]:
    """Those of the queues that are called like this one, and where nobody sells anything, the most alike first. One
    that sells is another seller's."""
    alike = called_alike(task_queue, polled)
    return [name for name in alike if not await _has(client, name, PROVISION_TYPE, SUBSCRIPTION_TYPE)]


def called_alike(task_queue: str, polled: Mapping[str, set[str]]) -> list[str]:
    """Those of the queues that are called like this one, the most alike first."""
    beside = (events_task_queue(""), looks_task_queue(""))
    names = {name for name in polled if not name.endswith(beside) and name != task_queue}
    return difflib.get_close_matches(task_queue, names, MOST_LIKE, LIKE)


async def has_sold(client: Client, task_queue: str) -> bool:
    """Whether there is, or was until lately, an eSIM on a queue."""
    return await _has(client, task_queue, SUBSCRIPTION_TYPE)


async def _has(client: Client, task_queue: str, *types: str) -> bool:
    ours = f"WorkflowType IN ({', '.join(map(repr, types))})"
    return (await client.count_workflows(f"{on_task_queue(task_queue)} AND {ours}")).count > 0


def _by_queue(asking: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for queue, identity in asking:
        found.setdefault(queue, set()).add(identity)
    return found
