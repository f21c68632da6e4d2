"""An operator's hand on an activity in mid-call: ``temporal activity`` pauses, unpauses and resets it, by the API."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import PauseActivityRequest, ResetActivityRequest, UnpauseActivityRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from temporal.visibility import on_task_queue
from tools.chaos.forces.record import Force, Record
from tools.chaos.insist import AT_ONCE, each, insist
from tools.chaos.plan import Activity, Hand, Meddling
from tools.chaos.stage import HELD_SECONDS, Stage
from tools.simulator.call import Call
from tools.simulator.fault import Fault

CALLS: Final[dict[Activity, Call]] = {"provision_addon": "SubscribeAddon", "activate_esim": "EndPointLifeCycleChange"}
"""What each activity asks of SFT."""

NAMES: Final[dict[Hand, Force]] = {
    "pause, unpause": "activities paused and unpaused in mid-call",
    "pause, reset": "activities paused and reset in mid-call",
    "reset": "activities reset in mid-call",
}

MID_CALL_SECONDS: Final = (0.5, 2.5)
"""So old is an activity that SFT keeps waiting and that has not sent its first heartbeat, which tells it of a pause."""

PAUSE_SECONDS: Final = 8.0
"""For a pause to reach a worker that is alive: more than a call is held, and its first heartbeat comes before that."""

LOOK_SECONDS: Final = 0.2

RUNNING: Final = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
PAUSED: Final = PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED


class Target(NamedTuple):
    """One activity of one run."""

    run: WorkflowExecution
    activity_id: str


async def meddle(scene: Stage, meddling: Meddling, record: Record, end: float) -> None:
    """Has SFT keep one call waiting, and lays a hand on whichever activity is in mid-call then."""
    held = Fault(call=CALLS[meddling.activity], kind="delay", delay_seconds=HELD_SECONDS)
    await scene.order("faults", held.model_dump())
    await lay_hand_on(scene.client, meddling, record, end, scene.site.task_queue)


async def lay_hand_on(client: Client, meddling: Meddling, record: Record, end: float, task_queue: str) -> None:
    """Does it to the first activity of this type that is found in mid-call until ``end`` by the event loop's clock."""
    while asyncio.get_running_loop().time() < end:
        target = await insist(lambda: _in_mid_call(client, meddling.activity, task_queue))
        if target and await _is_done(client, target, meddling.hand):
            record.happened[NAMES[meddling.hand]] += 1
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _in_mid_call(client: Client, activity: Activity, task_queue: str) -> Target | None:
    query = f"ExecutionStatus = 'Running' AND {on_task_queue(task_queue)}"
    runs = [run async for run in client.list_workflows(query)]

    async def target(workflow_id: str) -> Target | None:
        run = WorkflowExecution(workflow_id=workflow_id)
        for pending in await _pending(client, run):
            waits = time.time() - pending.last_started_time.ToMicroseconds() / 1e6
            is_asking = pending.state == RUNNING and MID_CALL_SECONDS[0] < waits < MID_CALL_SECONDS[1]
            if is_asking and pending.activity_type.name == activity:
                return Target(run, pending.activity_id)
        return None

    found = await each(target, (run.id for run in runs), AT_ONCE)
    return next((target for target in found if target), None)


async def _is_done(client: Client, target: Target, hand: Hand) -> bool:
    """Whether it could be done: the activity may end before. What was paused does not stay so."""
    run, activity_id = target
    service, namespace = client.workflow_service, client.namespace
    pause = PauseActivityRequest(namespace=namespace, execution=run, id=activity_id)
    unpause = UnpauseActivityRequest(namespace=namespace, execution=run, id=activity_id)
    reset = ResetActivityRequest(namespace=namespace, execution=run, id=activity_id)
    try:
        if hand != "reset":
            await insist(lambda: service.pause_activity(pause))
            await _paused(client, target)
        if hand == "pause, unpause":
            await insist(lambda: service.unpause_activity(unpause))
        else:
            await insist(lambda: service.reset_activity(reset))
    except RPCError:  # there is no such activity any more
        return False
    return True


async def _paused(client: Client, target: Target) -> None:
    """Returns once it is paused, or its answer has come before the pause, or its worker was killed meanwhile: Temporal
    does not notice that for as long as the pause lasts.
    """
    until = time.monotonic() + PAUSE_SECONDS
    while time.monotonic() < until:
        states = {pending.activity_id: pending.state for pending in await _pending(client, target.run)}
        if states.get(target.activity_id) in (None, PAUSED):
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _pending(client: Client, run: WorkflowExecution) -> Sequence[PendingActivityInfo]:
    """The activities of a run that are under way; none if Temporal has forgotten it just now."""
    try:
        description = await insist(client.get_workflow_handle(run.workflow_id).describe)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return ()
        raise
    return description.raw_description.pending_activities
