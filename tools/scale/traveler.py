"""Moves SFT's time and its travelers along with a server that skips the time, and counts what no history tells."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import activity
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.watched_esim import WatchedEsim
from contract.event import Event
from tools.scale.life import Life
from tools.simulator.platform import Platform

WATCH = "watch_usage"


@dataclass
class Travelers(ClientInterceptor, Interceptor):
    """Of all eSIMs of one worker, whose activities come by here, each before it begins.

    Temporal bills each attempt of an activity. One that waits fails, and leaves nothing in the history: so they are
    counted here.
    """

    sft: Platform
    lives: dict[str, Life] = field(default_factory=dict)
    """By endpoint id."""
    attempts: list[tuple[str, datetime]] = field(default_factory=list)
    """Of each activity by name, with the server's time."""
    looks: int = 0
    news: int = 0
    told: list[tuple[str, str, datetime]] = field(default_factory=list)
    """The endpoint, what of it was told, and when."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Comes before the next interceptor."""
        return _Counting(next, self)

    def come_by(self, given: object = None) -> None:
        """An attempt begins."""
        info = activity.info()
        now = info.started_time
        self.attempts.append((info.activity_type, now))
        self.sft.clock.set(now)
        if isinstance(given, WatchedEsim):
            self.looks += given.not_before <= now
            self.lives[given.endpoint_id].catch_up(self.sft, given.endpoint_id, now)
        elif isinstance(given, Event):
            assert given.endpoint_id is not None
            self.told.append((given.endpoint_id, given.type, now))

    def attempts_since(self, moment: datetime) -> Counter[str]:
        """Of each activity, from this moment on."""
        return Counter(name for name, at in self.attempts if at >= moment)


class _Counting(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, travelers: Travelers) -> None:
        super().__init__(next)
        self._travelers = travelers

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._travelers.come_by(*input.args)
        answer = await super().execute_activity(input)
        if isinstance(input.args[0], WatchedEsim):
            self._travelers.news += 1
        return answer
