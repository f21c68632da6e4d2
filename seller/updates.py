"""An update of a subscription: started, and waited for."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from pydantic import BaseModel
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as Stage
from temporalio.api.update.v1 import Input, Meta, Request, WaitPolicy
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateStage,
)
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from contract.addon import Addon
from contract.order import RemovalOrder
from contract.purchase import AddonPurchase, ClaimedFor
from contract.subscription import Subscription
from contract.workflow_ids import endpoint_id_of, subscription_id
from seller.errors import NoAnswer, SellerError, ended_outside, failed, is_limit, not_found
from seller.failing_task import answer_of
from seller.own_runs import claim_of
from seller.server import Server
from seller.waiting import watched, within
from temporal.data_converter import converter_for
from temporal.ended_outside import ENDED_OUTSIDE

AT_ONCE: Final = timedelta(seconds=0.5)
"""For what Temporal answers without a worker."""

NO_RESULT: Final = (ValueError, LookupError, RuntimeError)
"""What the SDK raises for an answer or a result that is not what was asked for."""

SubscriptionRun = WorkflowHandle[object, Subscription]

Result = TypeVar("Result", bound=BaseModel)

GOES_ON: Final = "AcceptedUpdateCompletedWorkflow"
"""What Temporal answers for an update whose run went on as a new one, which knows of what was ordered."""


def subscription_run(client: Client, name: str, run_id: str | None = None) -> SubscriptionRun:
    """A run of a subscription, by its own id or that of its endpoint, whether there is one or not: the latest unless
    ``run_id`` says which."""
    return client.get_workflow_handle(subscription_id(endpoint_id_of(name)), run_id=run_id, result_type=Subscription)


async def read_subscription(
    server: Server, run: SubscriptionRun, claim: ClaimedFor | None = None
) -> tuple[Subscription, bool]:
    """The subscription as it stands, or as it last stood, and whether it was ended from outside since; ``claim`` is
    what it was started with, if that was read.

    Raises NoAnswer, or a SellerError: ``NotFound`` if there is none, or if what answers is not what was started;
    ``Terminated`` if it was ended from outside and nobody can tell any more.
    """
    claim = claim or await claim_of(server, run)
    esim, is_ended = await _told(server, run)
    return _fitting(run, claim, esim), is_ended


async def _told(server: Server, run: SubscriptionRun) -> tuple[Subscription, bool]:
    async with saying_why_gone(server, run):
        try:
            # One call in nearly all cases: a worker is not asked at all if the run did not end by itself.
            only = QueryRejectCondition.NOT_COMPLETED_CLEANLY
            asked = run.query("subscription", result_type=Subscription, reject_condition=only)
            return await answer_of(server, run, asked), False
        except WorkflowQueryRejectedError as rejected:
            how = ENDED_OUTSIDE.get(rejected.status) if rejected.status else None
        except NO_RESULT:
            raise not_found(run.id) from None
        try:
            asked = run.query("subscription", result_type=Subscription)
            return await answer_of(server, run, asked), how is not None
        except (NoAnswer, RPCError):
            if how is None:
                raise
            raise ended_outside(run.id, how) from None
        except NO_RESULT:
            raise not_found(run.id) from None


def _fitting(run: SubscriptionRun, claim: ClaimedFor, answer: Result, asked: BaseModel | None = None) -> Result:
    """What a worker answered; a SellerError, ``NotFound``, if that is of another eSIM or purchase than was asked."""
    match answer, asked:
        case Subscription(), _:
            fits = claim.is_shown_by(answer)
        case Addon(), AddonPurchase() | RemovalOrder():
            fits = answer.purchase_id == asked.purchase_id
        case _:
            fits = answer is not None  # which the SDK takes for anything
    if not fits:
        raise not_found(run.id)
    return answer


@dataclass(frozen=True)
class Update(Generic[Result]):
    """An update by its name, with its input if it takes one. The same ``id`` is the same update; None is a new one."""

    name: str
    result_type: type[Result]
    input: BaseModel | None = None
    id: str | None = None


async def carry_out(
    server: Server, run: SubscriptionRun, update: Update[Result], claim: ClaimedFor | None = None
) -> Result:
    """Starts an update and returns what it was answered with, which takes as long as SFT takes.

    Its worker is asked every now and then whether it still lives. Whoever stops waiting stops nothing: an update that
    was accepted goes on. ``claim`` is what it was started with, if that was read.

    Raises:
        SellerError: what the update was refused or failed with; ``NotFound`` if nobody takes updates any more,
            ``Terminated`` if an operator can bring it back.
        NoAnswer: if the update is not accepted, or a look at its worker not answered, in time.
    """

    async def look() -> None:
        await _told(server, run)

    claim = claim or await claim_of(server, run)  # before anything is ordered: it may be another seller's
    async with _failures_of(server, run, update):
        handle = await _accepted(server, run, update)
        answer = await watched(handle.result(), look)
    return _fitting(run, claim, answer, update.input)


async def carry_out_within(
    server: Server, run: SubscriptionRun, update: Update[Result], seconds: float, claim: ClaimedFor | None = None
) -> Result | None:
    """Starts an update and returns what it was answered with; None if it goes on after so many seconds. ``claim`` is
    what it was started with, if that was read.

    Raises:
        SellerError: what the update was refused or failed with; ``NotFound`` if nobody takes updates any more,
            ``Terminated`` if an operator can bring it back.
        NoAnswer: if the update is not accepted in time.
    """
    until = time.monotonic() + seconds
    claim = claim or await claim_of(server, run)  # before anything is ordered: it may be another seller's
    try:
        async with _failures_of(server, run, update):
            handle = await _accepted(server, run, update)
            answer = await within(max(0.0, until - time.monotonic()), handle.result())
        return _fitting(run, claim, answer, update.input)
    except TimeoutError:
        return None
    except SellerError as error:
        if error.type == GOES_ON:
            return None
        raise


async def _accepted(server: Server, run: SubscriptionRun, update: Update[Result]) -> WorkflowUpdateHandle[Result]:
    update_id = update.id or str(uuid.uuid4())
    started = run.start_update(
        update.name,
        args=[] if update.input is None else [update.input],
        id=update_id,
        wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        result_type=update.result_type,
    )
    try:
        return await server.worker_answers(run, started)
    except NoAnswer as silence:
        if silence.type == "NoWorker":
            await _expect_room(server, run, update, update_id)
        raise


async def _expect_room(server: Server, run: SubscriptionRun, update: Update[Result], update_id: str) -> None:
    """Raises RPCError if Temporal takes no more updates: the SDK asks again for a quarter of a minute, silently."""
    data = [] if update.input is None else await converter_for(server.client, run.id).encode([update.input])
    again = UpdateWorkflowExecutionRequest(
        namespace=server.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=run.id),
        wait_policy=WaitPolicy(lifecycle_stage=Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED),
        request=Request(
            meta=Meta(update_id=update_id),
            input=Input(name=update.name, args=Payloads(payloads=data) if data else None),
        ),
    )
    try:
        await server.client.workflow_service.update_workflow_execution(again, retry=False, timeout=AT_ONCE)
    except RPCError as error:
        if is_limit(error):
            raise


@asynccontextmanager
async def _failures_of(server: Server, run: SubscriptionRun, update: Update[Result]) -> AsyncIterator[None]:
    async with saying_why_gone(server, run):
        try:
            yield
        except WorkflowUpdateFailedError as failure:
            raise failed(f"Update {update.name} of {run.id}", failure.cause) from None


@asynccontextmanager
async def saying_why_gone(server: Server, run: SubscriptionRun) -> AsyncIterator[None]:
    """For what is sent to a run. Raises a SellerError if the server knows none that would take it: ``Terminated`` if it
    was ended from outside, else ``NotFound``.
    """
    try:
        yield
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        raise await _why_gone(server, run) from None


async def _why_gone(server: Server, run: SubscriptionRun) -> SellerError:
    with suppress(RPCError):
        status = (await server.answers(run.describe())).status
        if status in ENDED_OUTSIDE:
            return ended_outside(run.id, ENDED_OUTSIDE[status])
    return not_found(run.id)
