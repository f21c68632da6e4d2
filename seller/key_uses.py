"""Which encryption keys are still needed: those that anything is encrypted under, while Temporal keeps it.

Most of that shows where runs begin, and to look there is a small answer for each run. A key that no run began under may
be needed all the same: a run that began in plaintext, or under a newer key, gets messages under older ones from whoever
has not been moved to the newer one yet. So before such a key is said to be needed no more, histories are read whole,
until something under it turns up, or all of them were read.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    DescribeScheduleRequest,
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    ListSchedulesRequest,
)
from temporalio.client import WorkflowExecution as Run
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contract.message import Message
from seller.server import Server
from temporal.data_converter import labels_of
from temporal.encryption.sealed import KEY_ID, LABEL

AT_ONCE: Final = 20
"""Histories that are asked for at the same time."""

RUNS_A_PAGE: Final = 1000

PLAINTEXT: Final = "none (plaintext)"

LABELS: Final = re.compile(KEY_ID.encode() + rb"\x12.(" + LABEL.pattern.encode() + rb")", re.DOTALL)
"""In an answer as protobuf writes it, where each payload has its key id: what would take far longer to walk through."""

OPENS_A_MESSAGE: Final = "open_message"
"""The activity that waits for the key of a message that its run has set aside, encrypted inside its state."""


class KeyUse(Message):
    """How many runs began under a key; or, where histories were read whole, have something under it."""

    key: str
    running: int = 0
    ended: int = 0
    needed: bool = True
    """Whether something is still under it, or will be: what is sent from here is under the newest key."""
    found_in: str | None = None
    """The id of a run, or of a Schedule, that has something under it, where no run began under it."""


class KeyUses(Message):
    """The most needed key first; those that are needed no more come last."""

    keys: list[KeyUse]


async def key_uses(server: Server, *, thorough: bool = False) -> KeyUses:
    """Every key of this client's, and any other that a run of this namespace began under.

    With ``thorough``, all histories are read whole: every key that there is, with all runs that have something under
    it. A key that this client does not have is looked for beyond the beginnings of runs only then.
    """
    uses = _Uses(server)
    await uses.count(thorough)
    await uses.settle(thorough)
    return KeyUses(keys=sorted(uses.found.values(), key=_most_needed_first))


def _most_needed_first(use: KeyUse) -> tuple[bool, int, int, str]:
    return not use.needed, -use.running, -use.ended, use.key


class _Uses:
    """What is found, by key. All answers of the server are awaited as ``Server.answers`` says, and raise as there."""

    def __init__(self, server: Server) -> None:
        self.found: dict[str, KeyUse] = {}
        self._server = server
        self._ours = labels_of(server.client.data_converter)

    async def count(self, thorough: bool) -> None:
        """Looks at every run, and counts it under the keys that show."""

        async def count(run: Run) -> None:
            keys = await (self._of_whole(run) if thorough else self._of_beginning(run))
            if keys is None:
                return
            for key in keys or {PLAINTEXT}:
                use = self.found.setdefault(key, KeyUse(key=key))
                if run.status == WorkflowExecutionStatus.RUNNING:
                    use.running += 1
                else:
                    use.ended += 1

        await self._of_each_run(count)

    async def settle(self, thorough: bool) -> None:
        """Says of each key of ours whether it is needed: one under which no run was counted is looked for until it is
        found in something, or there is nothing left to look at that was not read by then."""
        for key in self._ours[:1]:
            self.found.setdefault(key, KeyUse(key=key))
        doubted = {key for key in self._ours if key not in self.found}

        def note(keys: set[str], where: str) -> None:
            for key in doubted & keys:
                doubted.remove(key)
                self.found[key] = KeyUse(key=key, found_in=where)

        async def look(run: Run) -> None:
            note(await self._of_whole(run) or set(), run.id)

        if doubted:
            await self._of_each_schedule(note)
            await self._of_each_run(look, until=lambda: thorough or not doubted)
        for key in doubted:
            self.found[key] = KeyUse(key=key, needed=False)

    async def _of_each_run(self, look: Callable[[Run], Awaitable[None]], until: Callable[[], bool] = bool) -> None:
        runs = self._server.client.list_workflows(page_size=RUNS_A_PAGE)
        turn = asyncio.Lock()

        async def one_after_the_other() -> None:
            while not until():
                async with turn:
                    run = await self._server.answers(anext(runs, None))
                if run is None:
                    return
                await look(run)

        async with asyncio.TaskGroup() as looking:
            for _ in range(AT_ONCE):
                looking.create_task(one_after_the_other())

    async def _of_each_schedule(self, note: Callable[[set[str], str], None]) -> None:
        """What a Schedule will begin was encrypted when it was made."""
        service, namespace = self._server.client.workflow_service, self._server.client.namespace
        request = ListSchedulesRequest(namespace=namespace)
        while True:
            page = await self._server.answers(service.list_schedules(request))
            for entry in page.schedules:
                of_one = DescribeScheduleRequest(namespace=namespace, schedule_id=entry.schedule_id)
                schedule = await self._server.answers(service.describe_schedule(of_one))
                note(_labels_in(schedule.SerializeToString()), entry.schedule_id)
            if not page.next_page_token:
                return
            request.next_page_token = page.next_page_token

    async def _of_beginning(self, run: Run) -> set[str] | None:
        """The keys of the first events of a run; None if Temporal has forgotten it meanwhile."""
        with _forgotten():
            return await self._read(run, events_a_page=1, pages=1)
        return None

    async def _of_whole(self, run: Run) -> set[str] | None:
        """All keys of a run, what its activities have left to be done included; None if Temporal has forgotten it."""
        with _forgotten():
            keys = await self._read(run)
            return keys | await self._held(run) if run.status == WorkflowExecutionStatus.RUNNING else keys
        return None

    async def _read(self, run: Run, events_a_page: int = 0, pages: int | None = None) -> set[str]:
        keys: set[str] = set()
        request = GetWorkflowExecutionHistoryRequest(
            namespace=self._server.client.namespace,
            execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id),
            maximum_page_size=events_a_page,
        )
        while pages is None or pages > 0:
            page = await self._server.answers(
                self._server.client.workflow_service.get_workflow_execution_history(request)
            )
            keys |= _labels_in(page.SerializeToString())
            if not page.next_page_token:
                break
            request.next_page_token = page.next_page_token
            pages = None if pages is None else pages - 1
        return keys

    async def _held(self, run: Run) -> set[str]:
        """The keys of what is in no history: how far activities have come. A message that is set aside is encrypted
        once more with the state that it is carried over in, so that nothing shows its key: it may be any of ours."""
        execution = WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
        request = DescribeWorkflowExecutionRequest(namespace=self._server.client.namespace, execution=execution)
        described = await self._server.answers(
            self._server.client.workflow_service.describe_workflow_execution(request)
        )
        waits = any(each.activity_type.name == OPENS_A_MESSAGE for each in described.pending_activities)
        return _labels_in(described.SerializeToString()) | (set(self._ours) if waits else set())


def _labels_in(answer: bytes) -> set[str]:
    return {label.decode() for label in LABELS.findall(answer)}


@contextmanager
def _forgotten() -> Iterator[None]:
    """Passes over that Temporal does not know a run any more."""
    try:
        yield
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
