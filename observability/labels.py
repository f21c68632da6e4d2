"""Labels that say who shows a number: a worker, the queue that it works for, and the machine that it runs on."""

import socket

from temporalio.client import Client


def labels_of(client: Client, task_queue: str) -> dict[str, str]:
    """Those of the worker with this client."""
    return {"worker": client.identity, "queue": task_queue, "host": socket.gethostname()}
