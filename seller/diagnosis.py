"""Why a run is where it is, as the Temporal server knows it: no worker has to answer, and no log to be found."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from pydantic import Field
from temporalio.api.enums.v1 import EventType, PendingActivityState, PendingWorkflowTaskState, VersioningBehavior
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo, WorkflowExecutionVersioningInfo
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError

from contract.failure import INVALID_REQUEST
from contract.message import Message
from contract.workflow_ids import (
    PROVISION_TYPE,
    SUBSCRIPTION_TYPE,
    endpoint_id_of,
    is_subscription_id,
    provision_id,
    purchase_id_of,
    subscription_id,
)
from seller.errors import RAISED, NoAnswer, SellerError, not_found
from seller.failing_task import last_events, why_task_fails
from seller.failure_text import failure_text
from seller.pollers import Poller, pollers_of
from seller.quarantine import quarantined
from seller.routing import Version, last_poll
from seller.run_keys import different_keys
from seller.server import Server
from seller.timeline.fact import Fact
from seller.timeline.failure import failed_with
from seller.timeline.gathering import timeline
from seller.timeline.wanted import wanted
from temporal.ceiling import ceiling_kept
from temporal.digests import WITHOUT_KEYS, Digests
from temporal.ended_outside import ENDED_OUTSIDE

SCHEDULED: Final = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
TASK_SCHEDULED: Final = PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED

MOST_LATEST: Final = 3
"""Facts that are shown of a run: a purchase's last words name what it waits for."""


class Waiting(Message):
    """An activity that has not ended yet. ``next_attempt`` is when a failed one is tried again; ``not_taken_since``
    when it was put into its task queue, if no worker has taken it from there. Both are None while it is at work.
    ``paused`` says since when an operator keeps it from being tried again, and who: None if nobody does. ``is_quiet``
    is one that goes on looking, and found nothing new so far: nothing waits for that. ``worker`` is who had its last
    attempt, a process and its host; None if nobody has.
    """

    activity: str
    activity_id: str
    attempt: int
    last_failure: str | None
    next_attempt: datetime | None
    not_taken_since: datetime | None
    paused: str | None = None
    is_quiet: bool = False
    worker: str | None = None


class Pinned(Message):
    """The only build whose workers go on with a run. ``asked`` is when they last asked for work, if they did lately."""

    deployment: str
    build: str
    asked: datetime | None


class Explanation(Message):
    """What the server knows of one run. ``failing_task`` is why its workflow code cannot go on, if it cannot;
    ``task_not_taken_since`` when its workflow task was put into the task queue, if no worker has taken it from there.
    ``ended_outside`` says how, by whom and why it was ended, if it did not end itself.
    ``missing_workers`` has a sentence for each of its task queues that nobody polls who would get new work from there,
    with queues of similar names that are polled. ``failed`` is what it failed with, or that it was cancelled. ``keys``
    has a sentence for each who wrote to it under another key than the workers write under. ``asked_as`` is what was
    asked for, where that is not the run itself but what belongs to it: a top-up, an ICCID. ``stock`` says, of one that
    waits for stock, which eSIMs nobody is sold; ``ceiling``, of one with a call that no worker has taken, how many
    calls to SFT the server hands out. ``latest`` are the last things that happened to it, or to the purchase that was
    asked for, oldest first: ``history`` has them all.
    """

    workflow_id: str
    run_id: str
    status: str
    started: datetime
    waiting: list[Waiting]
    ended_outside: str | None
    failing_task: str | None
    task_attempt: int
    task_not_taken_since: datetime | None
    missing_workers: list[str]
    pinned_to: Pinned | None
    task_queue: str = ""
    pollers: list[Poller] = Field(default_factory=list)
    failed: str | None = None
    keys: list[str] = Field(default_factory=list)
    asked_as: str | None = None
    stock: str | None = None
    ceiling: str | None = None
    latest: list[Fact] = Field(default_factory=list)

    @property
    def causes(self) -> list[str]:
        """A sentence for each reason why it does not go on; none if it goes on."""
        causes = [self.ended_outside, self.failed, *self.missing_workers, self.failing_task]
        if self.failing_task or not self.pollers:
            causes += self.keys
        causes += [
            f"{one.activity} fails: {one.last_failure}" for one in self.waiting if one.last_failure and not one.is_quiet
        ]
        if self.pinned_to and self.pinned_to.asked is None:
            causes.append(f"it goes on with build {self.pinned_to.build} alone, whose workers have stopped")
        return [cause for cause in causes if cause]


async def explain(server: Server, name: str, digests: Digests = WITHOUT_KEYS) -> Explanation:
    """Explains a purchase, a subscription or an endpoint; where two would fit, the purchase. Also the run with any
    other workflow id; and what a top-up, a traveler, an ICCID or an address belongs to, if that is one run. ``digests``
    are made with the keys that eSIMs were sold under.

    Raises:
        SellerError: ``NotFound`` if the server knows nothing by that name, ``InvalidRequest`` if it is of several runs.
        NoAnswer: if the server does not answer in time.
    """
    client = server.client
    description = await _described_by_any_name(server, name, digests)
    run = client.get_workflow_handle(description.id, run_id=description.run_id)
    raw = description.raw_description
    task = raw.pending_workflow_task
    failing_task = await why_task_fails(server, run) if task.attempt > 1 else None
    not_taken = task.state == TASK_SCHEDULED and not failing_task
    queue = Server(client, description.task_queue, server.patience)
    return Explanation(
        workflow_id=description.id,
        run_id=description.run_id,
        status=description.status.name.lower() if description.status else "unknown",
        started=description.start_time,
        waiting=[await _waiting(client, run.id, activity) for activity in raw.pending_activities],
        ended_outside=await _ended_outside(server, run) if description.status in ENDED_OUTSIDE else None,
        failing_task=failing_task,
        task_attempt=task.attempt,
        task_not_taken_since=task.scheduled_time.ToDatetime(UTC) if not_taken else None,
        missing_workers=await server.answers(queue.missing_workers()),
        pinned_to=await _pinned(server, description),
        task_queue=description.task_queue,
        pollers=await server.answers(pollers_of(client, description.task_queue)),
        failed=await _failed(server, run, description.status),
        keys=await different_keys(server, run, description.task_queue),
        asked_as=name if name not in _names_of(description.id) else None,
        stock=await quarantined(server) if any(_waits_for_stock(one) for one in raw.pending_activities) else None,
        ceiling=await _ceiling(queue, raw.pending_activities),
        latest=await _latest(queue, run.id, name, digests),
    )


async def _latest(queue: Server, workflow_id: str, name: str, digests: Digests) -> list[Fact]:
    """The last facts of a run, or of a purchase if a fact is about that; none where its history cannot be told."""
    try:
        facts = (await timeline(queue, workflow_id, digests)).facts
    except RAISED:
        return []
    its = [fact for fact in facts if fact.run == workflow_id]
    about = [fact for fact in its if fact.about == name] if is_subscription_id(workflow_id) else []
    return (about or its)[-MOST_LATEST:]


async def _ceiling(queue: Server, pending: Iterable[PendingActivityInfo]) -> str | None:
    """Which ceiling calls wait under that no worker was handed."""
    if not any(one.state == SCHEDULED and one.attempt <= 1 and not one.paused for one in pending):
        return None
    return await queue.answers(ceiling_kept(queue.client, queue.task_queue))


def _waits_for_stock(activity: PendingActivityInfo) -> bool:
    return activity.activity_type.name in ("wait_for_stock", "hand_out_stock")


async def why_silent(server: Server, name: str, silence: NoAnswer) -> NoAnswer:
    """Why nobody answers about a run, with what the server knows of that; as it was, if it knows nothing more."""
    if silence.type == "NoTemporalServer":
        return silence
    try:
        explanation = await explain(server, name)
    except RAISED:
        return silence
    more = [cause for cause in explanation.causes if cause not in silence.message]
    return NoAnswer(silence.type, "; ".join([silence.message, *more]))


async def _described_by_any_name(server: Server, name: str, digests: Digests) -> WorkflowExecutionDescription:
    with suppress(SellerError):
        return await described(server, name)
    with suppress(RPCError):  # no such id, or nothing that can be one
        return await server.answers(server.client.get_workflow_handle(name).describe())
    found = await wanted(server, name, digests)
    ids = sorted({*map(provision_id, found.purchases), *map(subscription_id, found.endpoints), *found.helpers})
    if len(ids) > 1:
        raise SellerError(INVALID_REQUEST, f"{name} has several runs: ask for one of {', '.join(ids)}")
    return await described(server, ids[0])


def _names_of(workflow_id: str) -> tuple[str, str, str]:
    return workflow_id, purchase_id_of(workflow_id), endpoint_id_of(workflow_id)


async def _failed(
    server: Server, run: WorkflowHandle[object, object], status: WorkflowExecutionStatus | None
) -> str | None:
    if status not in (WorkflowExecutionStatus.FAILED, WorkflowExecutionStatus.CANCELED):
        return None
    last = (await last_events(server, run))[0]
    if status == WorkflowExecutionStatus.CANCELED:
        return f"cancelled {_at(last)}; history tells by whom"
    failure = last.workflow_execution_failed_event_attributes.failure
    kind = failure.application_failure_info.type
    return f"{kind or 'failed'} {_at(last)}: {await failure_text(server.client, run.id, failure)}"


async def described(server: Server, name: str) -> WorkflowExecutionDescription:
    """The last run of a purchase, a subscription or an endpoint; where two would fit, of the purchase.

    Raises a SellerError, ``NotFound``, if the server knows nothing by that name, or nothing of that type.
    """
    ids = {
        provision_id(purchase_id_of(name)): PROVISION_TYPE,
        subscription_id(endpoint_id_of(name)): SUBSCRIPTION_TYPE,
    }
    for workflow_id in list(ids)[is_subscription_id(name) :]:
        run = await server.description(server.client.get_workflow_handle(workflow_id))
        # Not what it was started with: also a run that nobody here can read is explained.
        if run and run.workflow_type == ids[workflow_id]:
            return run
    raise not_found(f"purchase, subscription or endpoint {name}")


async def _pinned(server: Server, run: WorkflowExecutionDescription) -> Pinned | None:
    version = _version_pinned_to(run.raw_description.workflow_execution_info.versioning_info)
    if version is None or run.status != WorkflowExecutionStatus.RUNNING:
        return None
    asked = await server.answers(last_poll(server.client, run.task_queue, version))
    return Pinned(deployment=version[0], build=version[1], asked=asked)


def _version_pinned_to(versioning: WorkflowExecutionVersioningInfo) -> Version | None:
    version = versioning.deployment_version
    if versioning.versioning_override.HasField("pinned"):  # an operator moved it
        version = versioning.versioning_override.pinned.version
    elif versioning.behavior != VersioningBehavior.VERSIONING_BEHAVIOR_PINNED:
        return None
    return version.deployment_name, version.build_id


async def _waiting(client: Client, workflow_id: str, activity: PendingActivityInfo) -> Waiting:
    pauses = activity.state == SCHEDULED and activity.attempt > 1
    not_taken = activity.state == SCHEDULED and not pauses
    failure = activity.last_failure if activity.HasField("last_failure") else None
    return Waiting(
        activity=activity.activity_type.name,
        activity_id=activity.activity_id,
        attempt=activity.attempt,
        last_failure=await failure_text(client, workflow_id, failure) if failure else None,
        next_attempt=activity.next_attempt_schedule_time.ToDatetime(UTC) if pauses else None,
        not_taken_since=activity.scheduled_time.ToDatetime(UTC) if not_taken else None,
        paused=_paused(activity.pause_info) if activity.paused else None,
        is_quiet=failure is not None and failed_with(failure).is_benign,
        worker=activity.last_worker_identity or None,
    )


def _paused(pause: PendingActivityInfo.PauseInfo) -> str:
    """Since when it is paused, by whom, and the reason where one was given: of a command, or of a workflow rule."""
    by = pause.manual if pause.HasField("manual") else pause.rule
    reason = f" ({by.reason})" if by.reason else ""
    return f"since {pause.pause_time.ToDatetime(UTC):%H:%M:%S} UTC by {by.identity or 'somebody'}{reason}"


async def _ended_outside(server: Server, run: WorkflowHandle[object, object]) -> str:
    last = (await last_events(server, run))[0]
    by = last.workflow_execution_terminated_event_attributes
    if last.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
        return f"timed out {_at(last)}, by a timeout that it was started with"
    return f"terminated {_at(last)} by {by.identity or 'somebody'}" + (f": {by.reason}" if by.reason else "")


def _at(event: HistoryEvent) -> str:
    return f"at {event.event_time.ToDatetime(UTC):%-d %b %Y, %H:%M} UTC"
