"""Schedules of Temporal's that begin a workflow of the workers', in an interval."""

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

CATCH_UP: Final = timedelta(days=365)
"""For how long Temporal makes up for what was due while it was down, where nobody says otherwise: its own default."""


class ServerSchedule:
    """The Schedule of one id; the ids of its runs begin with that, too.

    Its methods raise NoAnswer and RPCError, as those of ``Server`` do.
    """

    def __init__(self, server: Server, schedule_id: str) -> None:
        self.id = schedule_id
        self._server = server
        self._handle = server.client.get_schedule_handle(schedule_id)

    async def begin(self, workflow: str, every: timedelta, catch_up: timedelta = CATCH_UP) -> None:
        """Has a workflow begun in this interval from now on, whatever was said before. A run that is due while another
        goes on is left out.
        """
        schedule = Schedule(
            # Without input: what is encrypted is encrypted for one workflow id, and a Schedule makes up its own.
            action=ScheduleActionStartWorkflow(workflow, id=self.id, task_queue=self._server.task_queue),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=catch_up),
        )

        def instead(_: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule=schedule)

        try:
            await self._server.answers(self._server.client.create_schedule(self.id, schedule))
        except ScheduleAlreadyRunningError:
            await self._server.answers(self._handle.update(instead))

    async def trigger(self) -> None:
        """Has a run begun now, too."""
        await self._server.answers(self._handle.trigger())

    async def end(self) -> bool:
        """Ends it. Whether there was one."""
        try:
            await self._server.answers(self._handle.delete())
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True
