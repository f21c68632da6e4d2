"""Runs whose workflow tasks fail, waited for."""

from typing import Any

from temporalio.client import WorkflowHandle

from seller.failing_task import why_task_fails
from seller.server import Server
from tests.support.seller import eventually


async def failed_task(run: WorkflowHandle[Any, Any]) -> str:
    """Why the last workflow task of the run that failed did, once one has."""
    server = Server(run._client, "asks-no-worker")
    return await eventually(lambda: why_task_fails(server, run))
