"""Forgetting a traveler: by the eSIMs that they have or had, and by all that Temporal keeps of runs that are over."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from pydantic import Field
from temporalio.api.common.v1 import WorkflowExecution as Execution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import (
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from contract.adoption import Adoption
from contract.erasure import ErasedId, Erasure, forgotten
from contract.esim import EsimDigests
from contract.event import Event
from contract.failure import INVALID_REQUEST
from contract.ids import TravelerId
from contract.message import Message
from contract.restoration import EndedRun
from contract.search_attributes import TRAVELER_ID, search_attributes_of
from contract.subscription import Subscription
from contract.workflow_ids import ADOPT_TYPE, PROVISION_TYPE, SUBSCRIPTION_TYPE, purchase_id_of
from seller.errors import RAISED, SellerError, failed, seller_error
from seller.own_runs import known_claim
from seller.past_sales import claimed_for
from seller.server import Server
from seller.updates import SubscriptionRun
from temporal.ended_outside import ENDED_OUTSIDE
from temporal.run_input import NotOurs, if_ours, read_input, read_purchase

RUNNING: Final = WorkflowExecutionStatus.RUNNING
COMPLETED: Final = WorkflowExecutionStatus.COMPLETED

NEW_RUN_SECONDS: Final = 20.0
"""How long it is waited for an eSIM to go on as a new run, and for visibility to list that."""

LOOK_SECONDS: Final = 0.2

LAST_STATE_TYPE: Final = "ReadLastStateWorkflow"
TELL_TYPE: Final = "TellPortalWorkflow"

Asked = TypeVar("Asked", bound=Message)

AT_ONCE: Final = 20
"""Runs that are read at the same time."""

BUSY: Final = "it forgets as soon as what is under way is done: erase again then"


class Left(Message):
    """A run that was not erased, and why."""

    workflow_id: str
    reason: str


class Erased(Message):
    """What was done: which eSIMs go on, or stay ended, without what is personal; which runs Temporal was told to
    delete, which it does within minutes; and what is left to be done. ``replaced_by`` stands in the place of the
    traveler's id, None if that was kept."""

    traveler_id: TravelerId
    replaced_by: ErasedId | None = None
    esims: list[str] = Field(default_factory=list)
    deleted: list[str] = Field(default_factory=list)
    left: list[Left] = Field(default_factory=list)


async def erase(server: Server, traveler_id: str, replaced_by: str | None = None) -> Erased:
    """Removes the address, the MSISDN and, if it is to be replaced, the traveler's id from what lives and from what
    Temporal keeps of it. Everything that was sold stays sold. Repeating it does what was left.

    Raises NoAnswer if the server or the workers do not answer in time.
    """
    await server.expect_workers()
    erasing = _Erasing(server, Erased(traveler_id=traveler_id, replaced_by=replaced_by))
    await erasing.esims()
    await erasing.purchases()
    await erasing.helpers()
    return erasing.done


class _Erasing:
    """One erasure, in this order: what knows that something was sold forgets the person before anything is deleted."""

    def __init__(self, server: Server, done: Erased) -> None:
        self._server = server
        self._client = server.client
        self._erasure = Erasure(traveler_id=done.replaced_by)
        self._of_queue = server.own_runs
        self.done = done

    async def esims(self) -> None:
        """Has each eSIM forget, and deletes the runs that it has gone on from."""
        whose = f"{TRAVELER_ID.name} = '{self.done.traveler_id}'"
        runs = await self._listed(f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {self._of_queue} AND {whose}")
        for workflow_id in dict.fromkeys(run.id for run in runs):
            try:
                kept = await self._esim(workflow_id)
            except RAISED as error:
                self._leave(workflow_id, seller_error(error).message)
            else:
                for run in runs:
                    if run.id == workflow_id and run.run_id != kept:
                        await self._delete(run)

    async def _esim(self, workflow_id: str) -> str | None:
        """The run that is clean and stays; None if all of them can go, for the endpoint is anybody's again."""
        run: SubscriptionRun = self._client.get_workflow_handle(workflow_id, result_type=Subscription)
        claim = await known_claim(self._server, run)
        last = await self._server.answers(run.describe())
        if claim is None or claim.subscription.traveler_id != self.done.traveler_id:
            return last.run_id  # the runs before it were this traveler's, and given back
        if last.status == WorkflowExecutionStatus.FAILED:
            return None
        if last.status in ENDED_OUTSIDE:
            raise SellerError(INVALID_REQUEST, "it was ended from outside: restore it, and erase again")
        asked = run.query("last_state", result_type=dict[str, Any])
        state: dict[str, Any] = await self._server.worker_answers(run, asked)
        if (clean := forgotten(state, self._erasure)) != state:
            next_run = await (self._go_on(run, last) if last.status == RUNNING else self._end_anew(last, clean))
            await self._until(lambda: self._is_listed(next_run), "visibility does not list it yet: erase again")
            self.done.esims.append(workflow_id)
            return next_run
        return last.run_id

    async def _go_on(self, run: SubscriptionRun, last: WorkflowExecutionDescription) -> str:
        """One that lives continues as new."""
        try:
            await self._server.worker_answers(run, run.execute_update("forget", self._erasure))
        except WorkflowUpdateFailedError as failure:
            raise failed(f"Update forget of {run.id}", failure.cause) from None

        async def is_new() -> bool:
            return (await self._server.answers(run.describe())).run_id != last.run_id

        await self._until(is_new, BUSY)
        return (await self._server.answers(run.describe())).run_id

    async def _end_anew(self, last: WorkflowExecutionDescription, clean: dict[str, Any]) -> str:
        """One that was closed, or quarantined, is so again at once: its id goes on to say that the endpoint is taken,
        and what was sold."""
        subscription = Subscription.model_validate(clean["subscription"])
        digests = EsimDigests.model_validate(clean.get("digests", {}))
        first, status = clean["purchase"]["purchase_id"], subscription.status
        started = self._client.start_workflow(
            SUBSCRIPTION_TYPE,
            {**clean, "found_as": status},
            id=last.id,
            task_queue=last.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            search_attributes=search_attributes_of(subscription, first, status, digests),
        )
        return (await self._server.answers(started)).result_run_id or ""

    async def purchases(self) -> None:
        """Deletes the runs of first purchases, also of those that sold nothing."""
        runs = await self._listed(f"WorkflowType = '{PROVISION_TYPE}' AND {self._of_queue}")
        for some in (runs[start : start + AT_ONCE] for start in range(0, len(runs), AT_ONCE)):
            theirs = await asyncio.gather(*(self._is_theirs(run) for run in some))
            for run in (run for run, is_theirs in zip(some, theirs, strict=True) if is_theirs):
                if run.status != COMPLETED or await claimed_for(self._server, purchase_id_of(run.id)):
                    await self._delete(run)
                else:
                    self._leave(run.id, "nothing else knows that it was sold: Temporal forgets it after its retention")

    async def _is_theirs(self, run: WorkflowExecution) -> bool:
        handle: WorkflowHandle[object, object] = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        try:
            purchase = await self._server.answers(read_purchase(self._client, handle, self._server.task_queue))
        except NotOurs:
            return False
        except RAISED as error:
            if not _is_gone(error):
                self._leave(run.id, f"whose it is cannot be read: {seller_error(error).message}")
            return False
        return purchase.traveler_id == self.done.traveler_id

    async def helpers(self) -> None:
        """Deletes what was read in order to restore one of these eSIMs, what took over eSIMs of this traveler, and what
        told the portal of sales that went wrong."""
        esims = {*self.done.esims, *(deleted.partition("/")[0] for deleted in self.done.deleted)}
        await self._delete_all(LAST_STATE_TYPE, EndedRun, lambda ended: ended.workflow_id in esims)
        await self._delete_all(ADOPT_TYPE, Adoption, lambda adoption: adoption.traveler_id == self.done.traveler_id)
        await self._delete_all(TELL_TYPE, Event, lambda event: event.traveler_id == self.done.traveler_id)

    async def _delete_all(
        self, workflow_type: str, input_type: type[Asked], is_theirs: Callable[[Asked], bool]
    ) -> None:
        queue = self._server.task_queue
        for run in await self._listed(f"WorkflowType = '{workflow_type}' AND {self._of_queue}"):
            handle: WorkflowHandle[object, object] = self._client.get_workflow_handle(run.id, run_id=run.run_id)
            reading = read_input(self._client, handle, queue, workflow_type, input_type)
            try:
                asked = await if_ours(self._server.answers(reading))
            except RAISED:
                continue
            if asked and is_theirs(asked):
                await self._delete(run)

    async def _listed(self, query: str) -> list[WorkflowExecution]:
        return [run async for run in self._client.list_workflows(query)]

    async def _is_listed(self, run_id: str) -> bool:
        return (await self._server.answers(self._client.count_workflows(f"RunId = '{run_id}'"))).count > 0

    async def _until(self, is_so: Callable[[], Awaitable[bool]], otherwise: str) -> None:
        until = time.monotonic() + NEW_RUN_SECONDS
        while not await is_so():
            if time.monotonic() > until:
                raise SellerError(INVALID_REQUEST, otherwise)
            await asyncio.sleep(LOOK_SECONDS)

    async def _delete(self, run: WorkflowExecution) -> None:
        """Deletes a run that is over: one that is not, Temporal would terminate."""
        handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
        execution = Execution(workflow_id=run.id, run_id=run.run_id)
        request = DeleteWorkflowExecutionRequest(namespace=self._client.namespace, workflow_execution=execution)
        try:
            if (await self._server.answers(handle.describe())).status == RUNNING:
                self._leave(run.id, "it is under way: erase again once it is over")
                return
            await self._server.answers(self._client.workflow_service.delete_workflow_execution(request))
        except RPCError as error:
            if not _is_gone(error):
                self._leave(run.id, seller_error(error).message)
            return
        self.done.deleted.append(f"{run.id}/{run.run_id}")

    def _leave(self, workflow_id: str, reason: str) -> None:
        self.done.left.append(Left(workflow_id=workflow_id, reason=reason))


def _is_gone(error: Exception) -> bool:
    return isinstance(error, RPCError) and error.status == RPCStatusCode.NOT_FOUND
