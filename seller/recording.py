"""The schedule at Temporal that has the record of sales brought up to date."""

from datetime import timedelta
from typing import Final

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from seller.server import Server

RECORD_SALES: Final = "record-sales-"


async def keep_recording(server: Server, every: timedelta) -> str:
    """Has it done now and then again after each such time, whatever was said before. Returns the schedule's id."""
    schedule_id = f"{RECORD_SALES}{server.task_queue}"
    action = ScheduleActionStartWorkflow("RecordSalesWorkflow", id=schedule_id, task_queue=server.task_queue)
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )

    async def replaced(_: ScheduleUpdateInput) -> ScheduleUpdate:
        return ScheduleUpdate(schedule=schedule)

    handle = server.client.get_schedule_handle(schedule_id)
    try:
        await server.answers(server.client.create_schedule(schedule_id, schedule))
    except ScheduleAlreadyRunningError:
        await server.answers(handle.update(replaced))
    await server.answers(handle.trigger())
    return schedule_id


async def stop_recording(server: Server) -> tuple[str, bool]:
    """The schedule's id, and whether there was such a one to end. What is in the record stays."""
    schedule_id = f"{RECORD_SALES}{server.task_queue}"
    try:
        await server.answers(server.client.get_schedule_handle(schedule_id).delete())
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return schedule_id, False
    return schedule_id, True
