"""Where a run takes place: on a Temporal server of its own, or on a cluster that is given, beside whatever is there."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest, UpdateTaskQueueConfigRequest
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from temporal.ceiling import ACTIVITIES
from temporal.client import NoTemporalServer, connect
from temporal.encryption.keys import KeyRing
from temporal.registration import NotRegistered, check_search_attributes
from temporal.visibility import on_task_queue, quoted
from tools.chaos.insist import AT_ONCE, each
from tools.chaos.process import NotReady
from tools.demo.surroundings import surroundings
from tools.simulator.endpoint_store import FIRST_ENDPOINT

NOT_OURS: Final = ("TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID")
"""Of the caller's own workers: those of a run are of no version."""

CLEAN_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.5
UNPROMPTED: Final = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED)
"""How a server answers that keeps no ceilings, or none for us: then there is none of ours to take away."""


@dataclass(frozen=True)
class Site:
    """``task_queue`` is the seller's, ``first_endpoint`` the first that SFT has there, and ``mark`` a part of every
    purchase id: on a cluster that is given, no earlier run and nobody else has those. ``variables`` lead there, as the
    workers take them; None is a server of the run's own."""

    task_queue: str = "chaos"
    first_endpoint: int = FIRST_ENDPOINT
    mark: str = ""
    variables: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def is_given(self) -> bool:
        """Whether the cluster is somebody's, who wants it back as it was."""
        return self.variables is not None

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """That of a process which works there, with these variables."""
        environment = surroundings({**variables, **(self.variables or {})})
        if self.is_given and "TEMPORAL_CONFIG_FILE" not in (self.variables or {}):
            del environment["TEMPORAL_CONFIG_FILE"]  # a temporal.toml at its usual place counts, as it does for workers
        return environment

    async def client(self, runtime: Runtime, keys: KeyRing | None = None) -> Client:
        """A client of the cluster that is given. Raises NotReady, in one sentence, if it cannot be worked on."""
        try:
            client = await connect(keys, runtime=runtime)
            await check_search_attributes(client)
        except (NoTemporalServer, NotRegistered) as problem:
            raise NotReady(str(problem)) from None
        return client


OWN: Final = Site()
"""A server of the run's own, on which there is nothing else."""


def given(address: str, name: str) -> Site:
    """The cluster at this address, with namespace, TLS and credentials by the TEMPORAL_* variables of the environment,
    which lead this process there, too. ``name`` begins the name of the task queue."""
    os.environ["TEMPORAL_ADDRESS"] = address
    for variable in NOT_OURS:
        os.environ.pop(variable, None)
    variables = {variable: value for variable, value in os.environ.items() if variable.startswith("TEMPORAL_")}
    hundredths = int(time.time() * 100)
    return Site(f"{name}-{hundredths}", hundredths, f"{hundredths}-", variables)


async def leave_as_it_was(site: Site) -> None:
    """Deletes what a run has left on a cluster that is given, and says so where that cannot be done."""
    try:
        left = await clean_up(await site.client(Runtime.default()), site.task_queue)
    except (RPCError, NotReady) as problem:
        left, why = 1, f": {problem}"
    else:
        why = ", as the server takes long to delete them" if left else ""
    if left:
        command = f'temporal workflow delete --query "{on_task_queue(site.task_queue)}"'
        sys.stderr.write(f"Runs are left on the cluster{why}. Delete them: {command}\n")


async def clean_up(client: Client, task_queue: str) -> int:
    """Deletes every run of this task queue, and takes away a ceiling that was put on it; how many runs are left after
    two minutes, because the server takes longer to delete them."""
    await _lift_ceiling(client, task_queue)
    until = time.monotonic() + CLEAN_SECONDS
    while runs := await _runs(client, task_queue):
        if time.monotonic() > until:
            return len(runs)
        await each(lambda run: _delete(client, run), runs, AT_ONCE)
        await asyncio.sleep(LOOK_SECONDS)
    return 0


async def _runs(client: Client, task_queue: str) -> list[WorkflowExecution]:
    """Those that work there, and the leases of who worked there, which are on a queue of their own."""
    leases = f"WorkflowId = {quoted(f'workers-look-{task_queue}')}"
    query = f"{on_task_queue(task_queue)} OR {leases}"
    runs = client.list_workflows(query)
    return [WorkflowExecution(workflow_id=run.id, run_id=run.run_id) async for run in runs]


async def _delete(client: Client, run: WorkflowExecution) -> None:
    request = DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=run)
    try:
        await client.workflow_service.delete_workflow_execution(request, retry=True)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:  # visibility lists for a moment what is gone
            raise


async def _lift_ceiling(client: Client, task_queue: str) -> None:
    request = UpdateTaskQueueConfigRequest(
        namespace=client.namespace,
        task_queue=task_queue,
        task_queue_type=ACTIVITIES,
        update_queue_rate_limit=UpdateTaskQueueConfigRequest.RateLimitUpdate(reason="cleaned up"),
    )
    try:
        await client.workflow_service.update_task_queue_config(request)
    except RPCError as error:
        if error.status not in UNPROMPTED:
            raise
