"""A ceiling that the Temporal server keeps from some moment on, and workers that are started with another one."""

import asyncio

from temporalio.api.taskqueue.v1 import RateLimit
from temporalio.api.workflowservice.v1 import UpdateTaskQueueConfigRequest

from temporal.ceiling import ACTIVITIES, VARIABLE
from tools.chaos.forces.record import Record
from tools.chaos.insist import insist
from tools.chaos.plan import CEILING, WORKERS, Intruder
from tools.chaos.stage import AT_WORK, Stage


async def keep_ceiling(scene: Stage) -> None:
    """What an operator does: has the server keep it, and starts workers with it from now on. Those that run follow."""
    for name in WORKERS:
        scene.processes[name].environment[VARIABLE] = f"{CEILING:g}"
    request = UpdateTaskQueueConfigRequest(
        namespace=scene.client.namespace,
        task_queue=scene.site.task_queue,
        task_queue_type=ACTIVITIES,
        update_queue_rate_limit=UpdateTaskQueueConfigRequest.RateLimitUpdate(
            rate_limit=RateLimit(requests_per_second=CEILING), reason="chaos"
        ),
    )
    await insist(lambda: scene.client.workflow_service.update_task_queue_config(request))


async def intrude(scene: Stage, intruder: Intruder, record: Record) -> None:
    """Starts a worker with another ceiling, which has to refuse to start, and to say why."""
    name = f"worker with {intruder.ceiling:g} a second" if intruder.ceiling else "worker without a ceiling"
    while True:
        async with scene.guest(name, {VARIABLE: f"{intruder.ceiling:g}"} if intruder.ceiling else {}) as process:
            while process.ended_with is None and not process.said(AT_WORK):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            if process.said(AT_WORK):
                record.broken.append(f"a {name} started, although the server keeps one of {CEILING:g}")
                return
            if process.ended_with == 1 and process.said("but the Temporal server keeps"):
                record.happened["workers with another ceiling refused"] += 1
                return
            if not process.said("Temporal server"):
                record.broken.append(f"a {name} ended with code {process.ended_with}, and not for its ceiling")
                return
        await asyncio.sleep(1)  # the server was killed just then
