"""Bringing back what was ended from outside: subscriptions from their last state, purchases by starting them again."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NoReturn, cast

from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionSignaledEventAttributes
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from contract.esim import EsimDigests
from contract.failure import INVALID_REQUEST
from contract.message import Message
from contract.restoration import EndedRun, Restoration
from contract.search_attributes import search_attributes_of
from contract.subscription import Subscription, SubscriptionStatus
from contract.workflow_ids import SUBSCRIPTION_TYPE, is_subscription_id, purchase_id_of
from seller.diagnosis import described
from seller.errors import RAISED, NoAnswer, SellerError, failed, not_found, seller_error
from seller.failing_task import answer_of
from seller.known_sales import sale_run
from seller.own_runs import claim_of, purchase_of
from seller.past_sales import claimed_for, past_sale
from seller.sales import start_run
from seller.server import Server
from seller.updates import SubscriptionRun, subscription_run
from temporal.data_converter import converter_for, summary_of
from temporal.ended_outside import ENDED_OUTSIDE

CHECK_SECONDS: Final = 20.0
"""How long it is waited for what a restored subscription finds, where nobody says otherwise."""

LOOK_SECONDS: Final = 0.5

REPLAY_SECONDS: Final = 20.0
"""For a worker to replay a history, however little patience there is otherwise."""

LAST_WORDS: Final = {"hand_over", "give_back"}
"""What a purchase signals its subscription at the end of the sale."""

BY_ITSELF: Final = {
    WorkflowExecutionStatus.COMPLETED: "it was closed or quarantined, for good",
    WorkflowExecutionStatus.FAILED: "it was not sold, and released its endpoint",
}
SALE_ENDED: Final = {
    WorkflowExecutionStatus.RUNNING: "is under way",
    WorkflowExecutionStatus.COMPLETED: "has sold an eSIM: if its subscription was ended from outside, restore that",
    WorkflowExecutionStatus.FAILED: "failed by itself, and gave back what it held: starter.py retry starts it again",
    WorkflowExecutionStatus.CANCELED: "was cancelled, and gave back what it held: starter.py retry starts it again",
}


class Restored(Message):
    """What was brought back: a subscription from its last state, or a purchase that was started again.

    ``found`` are sentences about what was found; there may be more of them as long as ``is_checked`` is False.
    """

    workflow_id: str
    run_id: str
    ended: str
    """How the run before was ended: ``terminated`` or ``timed out``."""
    found: list[str]
    is_checked: bool


@dataclass(frozen=True)
class LastState:
    """What a run knew when it was ended, for the next one, and the signals that it never saw.

    The state is the workflows' own: it is handed on as it is, and little of it is looked at here.
    """

    state: dict[str, Any]
    unseen: Sequence[WorkflowExecutionSignaledEventAttributes]


async def restore(server: Server, name: str, seconds: float = CHECK_SECONDS) -> Restored:
    """Brings back a subscription or a purchase that was ended from outside, by its id, purchase id or endpoint id.

    What a subscription finds then is waited for so many seconds. One that was restored before, and runs, is not
    touched: what it found is told again.

    Raises:
        SellerError: ``NotFound`` if the server knows nothing by that name (any more); ``InvalidRequest`` if there is
            nothing to restore, or what there is goes on by itself, as the message says.
        NoAnswer: if the server or a worker does not answer in time.
    """
    try:
        description = await described(server, name)
        if is_subscription_id(description.id):
            return await _restored_subscription(server, description, seconds)
        return await _restored_purchase(server, description, seconds)
    except SellerError:
        raise
    except RAISED as error:
        raise seller_error(error) from error


async def _restored_subscription(server: Server, description: WorkflowExecutionDescription, seconds: float) -> Restored:
    await claim_of(server, subscription_run(server.client, description.id))
    if description.status == WorkflowExecutionStatus.RUNNING:
        if (restoration := await _restoration(server, description.id)) is None:
            _refuse(f"{description.id} runs: there is nothing to restore")
        before = server.client.get_workflow_handle(description.id, run_id=restoration.from_run)
        status = None
        with suppress(RPCError):  # Temporal may have forgotten it
            status = (await server.answers(before.describe())).status
        return _told(description.id, description.run_id, status, restoration)
    if description.status not in ENDED_OUTSIDE:
        why = BY_ITSELF.get(description.status, "it ended") if description.status else "it ended"
        _refuse(f"{description.id} was not ended from outside: {why}")
    last = await _last_state(server, description)
    await _refuse_if_its_purchase_will(server, description.id, last)
    run_id = await _start(server, description, last)
    restoration = await _found(server, description.id, seconds)
    return _told(description.id, run_id, description.status, restoration)


def _told(
    workflow_id: str, run_id: str, status: WorkflowExecutionStatus | None, restoration: Restoration | None
) -> Restored:
    return Restored(
        workflow_id=workflow_id,
        run_id=run_id,
        ended=ENDED_OUTSIDE.get(status, "ended") if status else "ended",
        found=restoration.found if restoration else [],
        is_checked=restoration is not None and restoration.is_checked,
    )


async def _last_state(server: Server, description: WorkflowExecutionDescription) -> LastState:
    """What it knew at the end of its last workflow task."""
    run = server.client.get_workflow_handle(description.id, run_id=description.run_id)
    events = (await server.answers(run.fetch_history())).events
    done = [event.event_id for event in events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    if done:
        state = await _replayed(server, description)
    else:
        [given] = await converter_for(server.client, run.id).decode(
            events[0].workflow_execution_started_event_attributes.input.payloads, [dict[str, Any]]
        )
        state = cast("dict[str, Any]", given)
    state["restored"] = Restoration(from_run=description.run_id).model_dump()
    return LastState(state, _signals(events, after=done[-1] if done else 0))


async def _replayed(server: Server, ended: WorkflowExecutionDescription) -> dict[str, Any]:
    """Not by a query of that run: Temporal refuses that for ever if its last workflow task failed."""
    start = server.client.start_workflow(
        "ReadLastStateWorkflow",
        EndedRun(workflow_id=ended.id, run_id=ended.run_id),
        id=f"last-state-{uuid.uuid4()}",  # that nobody else can have started, to tell something else
        task_queue=ended.task_queue,
        result_type=dict[str, Any],
        execution_timeout=timedelta(seconds=2 * REPLAY_SECONDS),
    )
    run = await server.answers(start)
    try:
        return await server.worker_answers(run, run.result(), REPLAY_SECONDS)
    except WorkflowFailureError as failure:
        why = failed(f"Reading the last state of {ended.id}", failure.cause).message
        raise NoAnswer("QueryFailed", f"{ended.id} cannot be restored right now: {why}") from None


def _signals(events: Sequence[HistoryEvent], after: int) -> list[WorkflowExecutionSignaledEventAttributes]:
    return [
        event.workflow_execution_signaled_event_attributes
        for event in events
        if event.event_id > after and event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]


async def _refuse_if_its_purchase_will(server: Server, workflow_id: str, last: LastState) -> None:
    """A purchase that still sells the eSIM starts its subscription again itself, as soon as it has to tell it."""
    owner = last.state.get("owner")
    is_told = last.state.get("given_back") or any(signal.signal_name in LAST_WORDS for signal in last.unseen)
    if not owner or is_told:
        return
    sale = server.client.get_workflow_handle(owner["workflow_id"], run_id=owner["run_id"])
    if (await server.answers(sale.describe())).status == WorkflowExecutionStatus.RUNNING:
        purchase_id = purchase_id_of(owner["workflow_id"])
        _refuse(f"{workflow_id} is being sold by purchase {purchase_id}, which runs and starts it again by itself")


async def _start(server: Server, description: WorkflowExecutionDescription, last: LastState) -> str:
    # Not validated: another build may have written it, with words that are not known here.
    subscription = Subscription.model_construct(**last.state["subscription"])
    found_as = cast("SubscriptionStatus", last.state.get("found_as", subscription.status))
    digests = EsimDigests.model_validate(last.state.get("digests", {}))
    start = server.client.start_workflow(
        SUBSCRIPTION_TYPE,
        last.state,
        id=description.id,
        task_queue=description.task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        memo=await description.memo(),
        search_attributes=search_attributes_of(subscription, last.state["purchase"]["purchase_id"], found_as, digests),
        static_summary=await summary_of(server.client, description),
    )
    try:
        run = await server.answers(start)
    except WorkflowAlreadyStartedError:
        _refuse(f"{description.id} runs again: somebody else has just started it")
    # What it never saw comes behind what it knew, as it came: also what is encrypted with a key that is not here.
    for signal in last.unseen:
        await server.answers(_send_again(server, description.id, signal.signal_name, signal.input))
    return run.result_run_id or ""


async def _send_again(server: Server, workflow_id: str, name: str, given: Payloads) -> None:
    request = SignalWorkflowExecutionRequest(
        namespace=server.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        signal_name=name,
        input=given,
    )
    await server.client.workflow_service.signal_workflow_execution(request)


async def _found(server: Server, workflow_id: str, seconds: float) -> Restoration | None:
    """What it has found when the time is over, or everything, as soon as that is looked at. It goes on meanwhile, also
    where nobody can tell."""
    until, restoration = time.monotonic() + seconds, None
    while True:
        with suppress(*RAISED):
            restoration = await _restoration(server, workflow_id)
        if (restoration and restoration.is_checked) or time.monotonic() >= until:
            return restoration
        await asyncio.sleep(LOOK_SECONDS)


async def _restoration(server: Server, workflow_id: str) -> Restoration | None:
    run: SubscriptionRun = subscription_run(server.client, workflow_id)
    wanted = cast("type[Restoration | None]", Restoration | None)
    found: Restoration | None = await answer_of(server, run, run.query("restoration", result_type=wanted))
    return found


async def _restored_purchase(server: Server, description: WorkflowExecutionDescription, seconds: float) -> Restored:
    """Starts it again if it sold nothing, which sells nothing twice: its new run looks for that, too."""
    purchase_id = purchase_id_of(description.id)
    if description.status not in ENDED_OUTSIDE:
        why = SALE_ENDED.get(description.status, "has ended") if description.status else "has ended"
        _refuse(f"Purchase {purchase_id} {why}")
    ended, found = ENDED_OUTSIDE[description.status], await _restored_claims(server, purchase_id, seconds)
    if past := await past_sale(server, purchase_id):
        found.append(f"It had sold an eSIM: that stands in {past.esim.subscription_id}. Its e-mail may be missing.")
        return Restored(
            workflow_id=past.esim.subscription_id, run_id=past.run_id, ended=ended, found=found, is_checked=True
        )
    purchase = await purchase_of(server, sale_run(server.client, purchase_id))
    if purchase is None:
        raise not_found(f"purchase {purchase_id}")
    try:
        run = await server.answers(start_run(server.client, description.task_queue, purchase))
    except WorkflowAlreadyStartedError:
        _refuse(f"Purchase {purchase_id} has completed by now: somebody else has just started it again")
    found.append("It had sold nothing, and was started again from the beginning, as it was bought.")
    return Restored(workflow_id=run.id, run_id=run.result_run_id or "", ended=ended, found=found, is_checked=True)


async def _restored_claims(server: Server, purchase_id: str, seconds: float) -> list[str]:
    """Subscriptions that it claimed and that were ended, too, are brought back: they take over its sale, or clean up.

    One that runs looks after the purchase itself, within an hour.
    """
    found = []
    for workflow_id in dict.fromkeys(run.id for run, _ in await claimed_for(server, purchase_id)):
        last = await server.answers(subscription_run(server.client, workflow_id).describe())
        if last.status in ENDED_OUTSIDE:
            restored = await _restored_subscription(server, last, seconds)
            found += [f"{workflow_id} was {restored.ended}, too, and is restored.", *restored.found]
    return found


def _refuse(why: str) -> NoReturn:
    raise SellerError(INVALID_REQUEST, why)
