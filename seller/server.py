"""The Temporal server and the workers behind it: asked with patience, or else an error about who is missing."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.errordetails.v1 import QueryFailedFailure
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from contract.task_queues import events_task_queue, looks_task_queue
from seller.errors import NoAnswer
from seller.failure_text import failure_text
from seller.routing import why_it_waits
from seller.waiting import within
from temporal.asking_again import asking_again
from temporal.description import description_of
from temporal.visibility import on_task_queue

ANSWER_SECONDS: Final = 3.0
HEALTH_CHECK_SECONDS: Final = 0.5

SILENCE: Final = (
    "No worker answers: it has stopped, has too much to do, or cannot go on with this run (starter.py why tells); "
    "start one with: python worker.py"
)

Answer = TypeVar("Answer")


def usual_patience() -> float:
    """Seconds that an answer is waited for where nobody says otherwise."""
    return ANSWER_SECONDS


class Server:
    """A Temporal server, with the workers of one task queue.

    ``patience`` says how many seconds to wait for the next answer of the server; of a worker, too, unless
    ``worker_seconds`` are given for that.
    """

    def __init__(
        self,
        client: Client,
        task_queue: str,
        patience: Callable[[], float] = usual_patience,
        worker_seconds: float | None = None,
    ) -> None:
        self.client = asking_again(client)
        self.task_queue = task_queue
        self.own_runs = on_task_queue(task_queue)
        """The condition of visibility for this seller's runs: another may share the namespace."""
        self.patience = patience
        self._worker_seconds = worker_seconds

    async def answers(self, call: Awaitable[Answer]) -> Answer:
        """What the server answers.

        Raises:
            NoAnswer: if it does not, for as long as there is patience.
            RPCError: if it refuses.
        """
        try:
            with self.reached():
                return await within(self.patience(), call)
        except TimeoutError:
            raise self._gone() from None

    async def description(self, run: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
        """How a run stands; None if the server knows of none. Raises as ``answers``."""
        return await self.answers(description_of(run))

    async def kept(self) -> str:
        """For how long the namespace keeps what has ended, in words; ``long`` where the server does not tell."""
        request = DescribeNamespaceRequest(namespace=self.client.namespace)
        try:
            namespace = await self.answers(self.client.workflow_service.describe_namespace(request))
        except RPCError:
            return "long"
        days = namespace.config.workflow_execution_retention_ttl.ToTimedelta() / timedelta(days=1)
        return f"more than {days:g} day{'' if days == 1 else 's'}"

    async def worker_answers(
        self, run: WorkflowHandle[Any, Any], call: Awaitable[Answer], seconds: float | None = None
    ) -> Answer:
        """What a worker answers to a query or an update of this run, within so many seconds or for as long as there is
        patience.

        Raises:
            NoAnswer: if there is no answer in time, or if the worker cannot read the run that is asked.
            RPCError: if the server refuses.
        """
        try:
            with self.reached():
                return await within(seconds or self._worker_seconds or self.patience(), call)
        except WorkflowQueryFailedError as error:
            raise NoAnswer("QueryFailed", f"A worker cannot answer: {await self._why_not(run, error)}") from None
        except TimeoutError:
            if await self._is_healthy():
                raise NoAnswer("NoWorker", SILENCE) from None
            raise self._gone() from None

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Raises NoAnswer for a connection that cannot be made: that is no refusal, also where the SDK gives up before
        our patience is over.
        """
        try:
            yield
        except RPCError as error:
            if error.status != RPCStatusCode.UNAVAILABLE:
                raise
            raise self._gone() from None

    async def expect_workers(self) -> None:
        """Raises NoAnswer (``NoWorker``) if nobody would take up what is started now. A worker that died is listed for
        5 more minutes, and counts until then.
        """
        if missing := await self.answers(self._missing()):
            raise NoAnswer("NoWorker", missing)

    async def workers_poll(self) -> bool:
        """Whether workers ask for workflows and for the calls to SFT; one that died is listed for 5 more minutes."""
        return not await self._missing()

    async def missing_workers(self) -> list[str]:
        """A sentence for each of our task queues that no worker polls which gets new work from there: who is missing,
        and what to do. A worker that died is listed for 5 more minutes.
        """
        queues = [
            (self.task_queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
            (self.task_queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
            (events_task_queue(self.task_queue), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
            (looks_task_queue(self.task_queue), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
        ]
        sentences = [await why_it_waits(self.client, queue, kind) for queue, kind in queues]
        return list(dict.fromkeys(sentence for sentence in sentences if sentence))

    async def _missing(self) -> str | None:
        for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
            if sentence := await why_it_waits(self.client, self.task_queue, kind):
                return sentence
        return None

    async def _why_not(self, run: WorkflowHandle[Any, Any], error: WorkflowQueryFailedError) -> str:
        # The SDK leaves the reason behind, encrypted as it came: it is in the refusal that the error was raised for.
        told, refusal = QueryFailedFailure(), error.__context__
        if isinstance(refusal, RPCError) and any(detail.Unpack(told) for detail in refusal.grpc_status.details):
            return await failure_text(self.client, run.id, told.failure)
        return error.message

    async def _is_healthy(self) -> bool:
        try:
            return await within(HEALTH_CHECK_SECONDS, self.client.service_client.check_health())
        except (TimeoutError, RPCError):
            return False

    def _gone(self) -> NoAnswer:
        address = self.client.service_client.config.target_host
        return NoAnswer("NoTemporalServer", f"The Temporal server at {address} does not answer any more")
