"""Looks at usage that a worker begins, counted inside it."""

from datetime import UTC, datetime
from typing import Any

from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.watched_esim import WatchedEsim


class Looking(ClientInterceptor, Interceptor):
    """Counts the looks that a worker begins, and how many of them it has in hand."""

    def __init__(self) -> None:
        self.begun = self.in_hand = self.most = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Comes before the next interceptor."""
        return _Counting(next, self)


class _Counting(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, looking: Looking) -> None:
        super().__init__(next)
        self._looking = looking

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        looking = self._looking
        is_look = isinstance(input.args[0], WatchedEsim) and input.args[0].not_before < datetime.now(UTC)
        looking.begun, looking.in_hand = looking.begun + is_look, looking.in_hand + is_look
        looking.most = max(looking.most, looking.in_hand)
        try:
            return await super().execute_activity(input)
        finally:
            looking.in_hand -= is_look
