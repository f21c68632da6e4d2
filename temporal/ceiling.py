"""The ceiling over what all workers together ask of SFT, which the Temporal server keeps: it is one, or nothing starts.

The server counts the activities that it hands out from the activity task queue of ESIM_TASK_QUEUE, where all calls to
SFT are. It does not count an activity that begins eagerly, on the worker that has its workflow: where a ceiling is
kept, none does.
"""

import asyncio
import logging
import math
import shlex
from contextlib import AbstractAsyncContextManager
from datetime import UTC
from typing import Any, Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import RateLimit, TaskQueue, TaskQueueConfig
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, UpdateTaskQueueConfigRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from temporal.beside import beside

VARIABLE: Final = "SFT_MAX_REQUESTS_PER_SECOND"
ACTIVITIES: Final = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY

LOOK_SECONDS: Final = 10.0
"""Between looks at what the server keeps: so soon does a running worker follow a ceiling that is new."""

logger = logging.getLogger("worker")


class CeilingProblem(Exception):
    """This worker's ceiling is not the one that the server keeps, or the server keeps none. The message tells why, and
    what to do.
    """


class Ceiling(Interceptor):
    """The ceiling of one task queue, as a worker knows it. ``wanted`` is the worker's own setting: requests a second,
    None for no ceiling. As an interceptor it keeps activities from beginning eagerly while there is a ceiling.
    """

    def __init__(
        self, client: Client, task_queue: str, wanted: float | None, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._client, self._task_queue = client, task_queue
        self._wanted = self._kept = wanted
        self._look_seconds = look_seconds

    @property
    def is_kept(self) -> bool:
        """Whether there is a ceiling: every call to SFT is an activity of its own then, and none begins eagerly."""
        return self._wanted is not None or self._kept is not None

    async def agree(self) -> None:
        """Looks which ceiling the server keeps, and has it keep this worker's if it keeps none.

        Raises:
            CeilingProblem: if it keeps another one, or cannot be told to keep one, or does not say what it keeps.
        """
        try:
            self._kept = await self._look()
            if self._kept is None and self._wanted is not None:
                self._kept = await self._set(self._wanted)
        except RPCError as error:
            if self._wanted is None and error.status == RPCStatusCode.UNIMPLEMENTED:
                return  # a server that cannot keep a ceiling keeps none
            if self._wanted is None and error.status == RPCStatusCode.PERMISSION_DENIED:
                logger.warning("The server does not tell whether it keeps a ceiling for %s", self._task_queue)
                return
            raise CeilingProblem(self._why_not(error)) from None
        if not self._agrees:
            raise CeilingProblem(self._disagreement())

    def followed(self) -> AbstractAsyncContextManager[None]:
        """Goes on looking for as long as the block lasts: what an operator changes at the server holds for workers that
        run, too, and is told in the log where it is not what they were started with.
        """
        return beside(self._follow())

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        ceiling = self

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
                # Nothing of the workflow hangs on it: a replay does not compare where an activity began.
                input.disable_eager_execution = ceiling.is_kept
                return super().start_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound

    @property
    def _agrees(self) -> bool:
        if self._kept is None or self._wanted is None:
            return self._kept is self._wanted
        return math.isclose(self._kept, self._wanted, rel_tol=1e-6)  # the server has less digits

    async def _follow(self) -> None:
        logged = self._kept
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                self._kept = await self._look()
            except RPCError:
                continue  # the server is away, and hands nothing out: the next look tells
            if self._kept != logged and not self._agrees:
                logger.warning("%s", self._disagreement())
            logged = self._kept

    async def _look(self) -> float | None:
        return _limit(await _config(self._client, self._task_queue))

    async def _set(self, requests_per_second: float) -> float | None:
        request = UpdateTaskQueueConfigRequest(
            namespace=self._client.namespace,
            identity=self._client.identity,
            task_queue=self._task_queue,
            task_queue_type=ACTIVITIES,
            update_queue_rate_limit=UpdateTaskQueueConfigRequest.RateLimitUpdate(
                rate_limit=RateLimit(requests_per_second=requests_per_second), reason=VARIABLE
            ),
        )
        answer = await self._client.workflow_service.update_task_queue_config(request, retry=True)
        logger.info("The server keeps a ceiling of %g requests a second from now on", requests_per_second)
        return _limit(answer.config)

    def _disagreement(self) -> str:
        here = "is not set" if self._wanted is None else f"is {self._wanted:g}"
        there = "no ceiling" if self._kept is None else f"a ceiling of {self._kept:g} a second over all workers"
        same = f"{VARIABLE}={self._kept:g}" if self._kept else f"no {VARIABLE}"
        # A ceiling of 0, with which an operator stops all calls, is none that a worker may be started with.
        join = "" if self._kept == 0 else f"start this worker with {same}, or "
        return (
            f"{VARIABLE} {here}, but the Temporal server keeps {there} for task queue {self._task_queue}: {join}"
            f"change what the server keeps: {self._command()}"
        )

    def _why_not(self, error: RPCError) -> str:
        if error.status == RPCStatusCode.UNIMPLEMENTED:
            return f"{VARIABLE} is set, but this Temporal server cannot keep a ceiling: it needs 1.29 or later"
        return (
            f"The ceiling of task queue {self._task_queue} cannot be read or set ({error.message}): have whoever "
            f"administers namespace {self._client.namespace} do it: {self._command()}"
        )

    def _command(self) -> str:
        limit = "default" if self._wanted is None else f"{self._wanted:g}"
        return _command(self._client, self._task_queue, limit)


async def ceiling_kept(client: Client, task_queue: str) -> str | None:
    """The ceiling that the server keeps for a task queue, and who set it when, in one sentence; None if it keeps none,
    or does not say."""
    try:
        config = await _config(client, task_queue)
    except RPCError:
        return None
    kept, set_by = _limit(config), config.queue_rate_limit.metadata
    if kept is None:
        return None
    when = f", set at {set_by.update_time.ToDatetime(UTC):%Y-%m-%d %H:%M} UTC" if set_by.HasField("update_time") else ""
    by = f" by {set_by.update_identity}" if set_by.update_identity else ""
    why = f" ({set_by.reason})" if set_by.reason else ""
    said = f"The Temporal server keeps a ceiling of {kept:g} calls to SFT a second for {task_queue}{when}{by}{why}"
    if kept:
        return f"{said}: what is more waits for its turn"
    return f"{said}: nothing is called until somebody sets another: {_command(client, task_queue, 'N')}"


async def _config(client: Client, task_queue: str) -> TaskQueueConfig:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=ACTIVITIES,
        report_config=True,
    )
    return (await client.workflow_service.describe_task_queue(request, retry=True)).config


def _command(client: Client, task_queue: str, limit: str) -> str:
    queue = ["--namespace", client.namespace, "--task-queue", task_queue]
    command = ["temporal", "task-queue", "config", "set", *queue]
    return shlex.join([*command, "--task-queue-type", "activity", "--queue-rps-limit", limit])


def _limit(config: TaskQueueConfig) -> float | None:
    limit = config.queue_rate_limit
    return limit.rate_limit.requests_per_second if limit.HasField("rate_limit") else None
