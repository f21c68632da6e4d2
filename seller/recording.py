"""The schedule at Temporal that has the record of sales brought up to date."""

from datetime import timedelta

from seller.schedules import ServerSchedule
from seller.server import Server


async def keep_recording(server: Server, every: timedelta) -> str:
    """Has it done now and then again after each such time, whatever was said before. Returns the schedule's id."""
    schedule = _schedule(server)
    await schedule.begin("RecordSalesWorkflow", every, catch_up=every)
    await schedule.trigger()
    return schedule.id


async def stop_recording(server: Server) -> tuple[str, bool]:
    """The schedule's id, and whether there was such a one to end. What is in the record stays."""
    schedule = _schedule(server)
    return schedule.id, await schedule.end()


def _schedule(server: Server) -> ServerSchedule:
    return ServerSchedule(server, f"record-sales-{server.task_queue}")
