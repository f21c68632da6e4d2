"""What happens around one eSIM while it lives: SFT's clock goes along with Temporal's, and the traveler uses it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.client import WorkflowHandle
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.watched_esim import WatchedEsim
from tools.bench.actions import actions_in
from tools.simulator.endpoint import AddonInstance
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

DAY: Final = timedelta(days=1)
FIRST_USE: Final = timedelta(hours=12)
"""From the sale, and from the first look, which finds nothing used yet."""


@dataclass
class World(ClientInterceptor, Interceptor):
    """Moves SFT's clock along with the server's, and lets the traveler use what they use until then: it is there before
    each attempt of an activity, as an interceptor of the worker.

    ``used`` says which share of the add-on is used so many days after its first use.
    """

    platform: Platform
    used: Callable[[float], float]
    is_down: Callable[[timedelta], bool] = lambda _: False
    renews_early: bool = False
    """Whether it renews some time after it is used up, before its end."""
    waits: timedelta = FIRST_USE
    began: datetime | None = None
    instance: AddonInstance | None = None
    attempts: Counter[str] = field(default_factory=Counter)
    """Of each activity: also of looks that only wait, and of those that were called back, of which no history tells."""
    looks: list[timedelta] = field(default_factory=list)
    """When usage was read, counted from the first use."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Comes before the next interceptor."""
        return _Moving(next, self)

    def move_to(self, now: datetime, given: object = None) -> None:
        """An attempt of an activity begins now, with this input."""
        self.platform.clock.set(now)
        self.platform.clear_faults()
        self.began = self.began or now
        assert self.instance is not None
        lived = now - self.began - self.waits
        self.attempts[activity.info().activity_type] += 1
        if isinstance(given, WatchedEsim) and given.not_before <= now:
            self.looks.append(lived)
        used = self.used(lived / DAY)
        if self.renews_early and used < 1 and not self.instance.remaining_bytes:
            self.instance.remaining_bytes = self.instance.plan.granted_bytes
            self.instance.starts_at, self.instance.expires_at = now, now + self.instance.plan.validity_days * DAY
        if lived >= timedelta(0) and used >= 0 and self.instance in self.platform.endpoints[0].addons:
            granted = self.instance.plan.granted_bytes
            traffic = int(min(1.0, used) * granted) - (granted - self.instance.remaining_bytes)
            self.platform.use(self.platform.endpoints[0].endpoint_id, max(0, traffic), self.instance.unique_id)
        if self.is_down(lived):
            self.platform.order(Fault(call="*", kind="error_before", times=0))


class _Moving(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, world: World) -> None:
        super().__init__(next)
        self._world = world

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._world.move_to(activity.info().started_time, *input.args)
        return await super().execute_activity(input)


async def runs_of(first: WorkflowHandle[Any, Any]) -> list[list[HistoryEvent]]:
    """What each run did that came of one by continuing as new."""
    runs, run_id = [], first.result_run_id
    while run_id:
        handle = first._client.get_workflow_handle(first.id, run_id=run_id)
        runs.append([*(await handle.fetch_history()).events])
        run_id = runs[-1][-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return runs


def actions_of(runs: Iterable[Iterable[HistoryEvent]], attempts: Counter[str]) -> Counter[str]:
    """What is billed for the life of an eSIM, but for its start; the attempts are those that its worker counted."""
    actions = sum((actions_in(events) for events in runs), Counter[str]())
    del actions["activity attempt"], actions["workflow start"]
    return actions + attempts
