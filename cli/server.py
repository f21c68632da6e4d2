"""The Temporal server and the workers behind it: reached within seconds, or else a sentence about who is missing."""

import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.errordetails.v1 import QueryFailedFailure
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError

from cli import BEGAN
from cli.failure import words_of
from cli.problem import Problem
from cli.routing import why_it_waits
from cli.settings import CliSettings
from cli.waiting import within
from contract.task_queues import events_task_queue
from temporal.client import connect

TOLD_SECONDS: Final = 4.0
"""How long after the start of this program somebody is told at the latest that nobody answers, but for the health
check. Five seconds are promised."""

ANSWER_SECONDS: Final = 3.0
LEAST_SECONDS: Final = 1.5
HEALTH_CHECK_SECONDS: Final = 0.5

SILENCE: Final = (
    "No worker answers: it has stopped, has too much to do, or cannot go on with this run (starter.py why tells); "
    "start one with: python worker.py"
)

Answer = TypeVar("Answer")


class NobodyAnswers(Problem):
    """No server (type ``NoTemporalServer``) or no worker (``NoWorker``) answers, or one that cannot
    read the run (``QueryFailed``). Trying again later may help.
    """


def keep_quiet() -> None:
    """Keeps the SDK's own log off standard output, where it writes by default. To be called before connecting."""
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))


def patience() -> float:
    """How long to wait for the next answer: less after a slow start, but never so little that nobody could answer."""
    left = BEGAN + TOLD_SECONDS - time.monotonic()
    return max(LEAST_SECONDS, min(ANSWER_SECONDS, left)) if left > 0 else ANSWER_SECONDS


async def connect_to_server(settings: CliSettings) -> Client:
    """A client of a Temporal server; raises NoTemporalServer if none answers."""
    return await connect(settings.keys(), patience())


async def connect_to_workers(settings: CliSettings) -> Client:
    """A client of a Temporal server, once it is known that workers poll the task queue there.

    Raises:
        NoTemporalServer: if no server answers.
        NobodyAnswers: if no worker polls.
    """
    client = await connect_to_server(settings)
    if missing := await answered(client, _missing(client, settings.esim_task_queue)):
        raise NobodyAnswers("NoWorker", missing)
    return client


async def workers_poll(client: Client, task_queue: str) -> bool:
    """Whether workers ask for workflows, and for the calls to SFT. A worker that died is listed for 5 more minutes."""
    return not await _missing(client, task_queue)


async def _missing(client: Client, task_queue: str) -> str | None:
    return await why_it_waits(client, task_queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW) or await why_it_waits(
        client, task_queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    )


async def missing_workers(client: Client, task_queue: str) -> list[str]:
    """A sentence for each of our task queues that no worker polls which gets new work from there: who is missing, and
    what to do. A worker that died is listed for 5 more minutes.
    """
    queues = [
        (task_queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
        (task_queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
        (events_task_queue(task_queue), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    ]
    sentences = [await why_it_waits(client, queue, kind) for queue, kind in queues]
    return list(dict.fromkeys(sentence for sentence in sentences if sentence))


async def answered(client: Client, call: Awaitable[Answer]) -> Answer:
    """What the server answers.

    Raises:
        NobodyAnswers: if it does not, for as long as there is patience.
        RPCError: if it refuses.
    """
    try:
        return await within(patience(), call)
    except TimeoutError:
        raise _server_gone(client) from None


async def answered_by_worker(client: Client, call: Awaitable[Answer], seconds: float | None = None) -> Answer:
    """What a worker answers to a query or an update.

    Raises:
        NobodyAnswers: if there is no answer within so many seconds, or for as long as there is patience; or if a worker
            cannot read the run that is asked.
        RPCError: if the server refuses.
    """
    try:
        return await within(seconds or patience(), call)
    except WorkflowQueryFailedError as error:
        raise NobodyAnswers("QueryFailed", f"A worker cannot answer: {await _why_not(client, error)}") from None
    except TimeoutError:
        if await _is_healthy(client):
            raise NobodyAnswers("NoWorker", SILENCE) from None
        raise _server_gone(client) from None


async def _why_not(client: Client, error: WorkflowQueryFailedError) -> str:
    """The SDK leaves the reason behind, encrypted as it came: it is in the refusal that the error was raised for."""
    told, refusal = QueryFailedFailure(), error.__context__
    if isinstance(refusal, RPCError) and any(detail.Unpack(told) for detail in refusal.grpc_status.details):
        return await words_of(client, told.failure)
    return error.message


async def _is_healthy(client: Client) -> bool:
    try:
        return await within(HEALTH_CHECK_SECONDS, client.service_client.check_health())
    except (TimeoutError, RPCError):
        return False


def _server_gone(client: Client) -> NobodyAnswers:
    address = client.service_client.config.target_host
    return NobodyAnswers("NoTemporalServer", f"The Temporal server at {address} does not answer any more")
