"""Queries of runs that a worker may be unable to go on with: asked again, and the reason remembered."""

import asyncio
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.api.enums.v1 import EventType
from temporalio.api.errordetails.v1 import QueryFailedFailure
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError

from temporal.refused_query import is_refused
from tools.chaos.insist import PAUSE_SECONDS, insist

Answer = TypeVar("Answer")
Run = WorkflowHandle[Any, Any]

ANSWER_SECONDS: Final = timedelta(seconds=10)

CANNOT_READ: Final = "this build cannot read it"
"""What a build says of what only the other one can read: the run waits for that, and so does the question."""


class CannotAnswer(Exception):
    """A worker could not answer, because it cannot go on with the run. The message says why."""


class Questions:
    """Asks with the client, and keeps in mind who could not answer."""

    def __init__(self, client: Client) -> None:
        self.unread = 0
        """Questions that came to a worker whose build cannot read the run."""
        self.failed: dict[str, str] = {}
        """Runs that could not answer for any other reason, and the last one of each."""
        self._client = client

    async def ask(self, run: Run, query: str, *args: object, result_type: type[Answer]) -> Answer:
        """The answer, as soon as there is one. Raises RPCError if the server does not know the run."""
        while True:
            try:
                return await self.ask_once(run, query, *args, result_type=result_type)
            except CannotAnswer:
                await asyncio.sleep(PAUSE_SECONDS)

    async def ask_once(self, run: Run, query: str, *args: object, result_type: type[Answer]) -> Answer:
        """The answer of the first worker that takes the question. Raises CannotAnswer if it could not go on with the
        run.
        """

        async def answer() -> Answer:
            try:
                given: Answer = await run.query(query, args=args, result_type=result_type, rpc_timeout=ANSWER_SECONDS)
            except WorkflowQueryFailedError as error:
                raise CannotAnswer(_told(error)) from None
            except RPCError as error:
                if not is_refused(error):
                    raise
                raise CannotAnswer(error.message) from None
            return given

        try:
            return await insist(answer)
        except CannotAnswer as silence:
            await self._note(run, str(silence))
            raise

    async def _note(self, run: Run, told: str) -> None:
        why = told if CANNOT_READ in told else await _why_tasks_fail(run) or told
        if CANNOT_READ in why:
            self.unread += 1
        else:
            self.failed[run.id] = why


def words_of(failure: Failure) -> str:
    """The message of a failure, and those of its causes."""
    words = [failure.message]
    while failure.HasField("cause"):
        failure = failure.cause
        words.append(failure.message)
    return ": ".join(word for word in words if word)


def _told(error: WorkflowQueryFailedError) -> str:
    # The SDK leaves the causes behind: they are in the refusal that the error was raised for.
    told, refusal = QueryFailedFailure(), error.__context__
    if isinstance(refusal, RPCError) and any(detail.Unpack(told) for detail in refusal.grpc_status.details):
        return words_of(told.failure)
    return error.message


async def _why_tasks_fail(run: Run) -> str | None:
    history = await insist(run.fetch_history)
    return next(
        (
            words_of(event.workflow_task_failed_event_attributes.failure)
            for event in reversed(history.events)
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ),
        None,
    )
