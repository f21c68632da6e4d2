"""An endpoint's life cycle at SFT: every request is sent once, and looked up before it is sent again.

Before the sale a purchase activates the endpoint that it claimed, after it the subscription suspends and resumes it:
both go through ``EndpointLifecycle.request``.
"""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Literal

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError

from activities.addons import AddonActivities
from activities.esims import EsimActivities
from activities.messages import Endpoint, EndpointLook, LifecycleChange, Suspension
from contract.failure import ACTIVATION_REJECTED, SFT_UNAVAILABLE
from contract.order import SuspensionReason
from sft.states import ACTIVE, is_state
from workflows.cancellation import finish_before_cancel
from workflows.counting import count_unanswered
from workflows.outcome import AccountRefuses, Outcome, details_of, outcome_of, pause_after, words_of
from workflows.policies import ONCE, OUTAGE
from workflows.sft_calls import Patience, SetDetails, call, patiently, sft_unavailable

Status = Literal["Active", "Suspended"]

Send = Callable[[], Coroutine[None, None, None]]
"""Sends one request; what its answer says, it remembers itself."""


class LifecycleRefused(Exception):
    """SFT said no to a request. The message has its words; ``likeness`` is what refusals that are alike share."""

    def __init__(self, error: ActivityError) -> None:
        super().__init__(words_of(error))
        self.likeness = str(details_of(error).get("likeness", ""))


class EndpointLifecycle:
    """What is asked of SFT about one endpoint's state, by the only run that may act on it.

    ``unanswered`` is how many requests SFT did not answer and may still carry out, and ``settle`` how long it is given
    for that before it is looked whether it did. ``is_unsettled`` is whether another run may have sent some, too.
    """

    def __init__(self, endpoint_id: str, set_details: SetDetails, *, is_sold: bool) -> None:
        self.endpoint_id = endpoint_id
        self.unanswered = 0
        self.settle = timedelta(minutes=3)
        self.is_unsettled = False
        self._set_details = set_details
        self._is_sold = is_sold

    def take_unanswered(self) -> int:
        """How many requests were not answered since this was asked last."""
        taken, self.unanswered = self.unanswered, 0
        return taken

    async def look(
        self, summary: str | None = None, time_limit: timedelta | None = None, priority: Priority | None = None
    ) -> EndpointLook:
        """Its state and its add-ons. Without a limit, however long SFT has to be waited for."""
        endpoint = Endpoint(endpoint_id=self.endpoint_id)
        summary = summary or f"Look whether endpoint {self.endpoint_id} is active"
        look = await patiently(
            AddonActivities.look_at_endpoint,
            endpoint,
            summary,
            self._set_details,
            time_limit=time_limit,
            priority=priority,
        )
        self.settle = timedelta(seconds=max(1.0, look.settle_seconds))
        return look

    async def suspend(self) -> None:
        """Suspends it, however long that takes: for the end of a subscription, where nobody waits for an answer."""
        suspension = Suspension(endpoint_id=self.endpoint_id)
        summary = f"Suspend endpoint {self.endpoint_id}"
        await patiently(EsimActivities.suspend_esim, suspension, summary, self._set_details, time_limit=None)

    async def change_to(self, status: Status, reason: SuspensionReason, priority: Priority | None = None) -> None:
        """Suspends an endpoint that was sold, or activates it again, for somebody who waits.

        Raises:
            ApplicationError: ``ActivationRejected`` or, if it cannot be suspended, ``SftUnavailable``: if SFT says
                no; ``SftUnavailable`` also if SFT could not be brought to do it for a day.
        """
        verb = "Resume" if status == ACTIVE else "Suspend"
        what = f"{verb} endpoint {self.endpoint_id}"
        change = LifecycleChange(endpoint_id=self.endpoint_id, to=status, reason=reason)
        try:
            await self.request(
                status,
                what,
                lambda: call(EsimActivities.change_lifecycle, change, ONCE, what, priority=priority),
                priority,
            )
        except LifecycleRefused as refusal:
            raise ApplicationError(
                f"{what}: SFT refused ({refusal}); ask SFT what is wrong with it, then send it again",
                type=ACTIVATION_REJECTED if status == ACTIVE else SFT_UNAVAILABLE,
                non_retryable=True,
            ) from refusal

    async def request(self, status: Status, what: str, send: Send, priority: Priority | None = None) -> None:
        """Has SFT bring the endpoint to a state: sends the request once, and looks before it is sent again.

        Raises:
            LifecycleRefused: if SFT says no. AccountRefuses: if that is the operator's matter.
            ApplicationError: ``SftUnavailable`` if SFT could not be brought to do it for a day.
        """
        patience = Patience()
        if self.is_unsettled:
            self.is_unsettled = False
            if await patience.look(self._is_done(status, priority)):
                return None
        while not patience.is_over:
            try:
                return await finish_before_cancel(self._send(send))
            except ActivityError as error:
                outcome, pause = outcome_of(error), pause_after(error)
                if outcome is Outcome.REJECTED:
                    raise LifecycleRefused(error) from error
                if outcome is Outcome.ACCOUNT:
                    raise AccountRefuses(error) from error
            is_done = await patience.look(self._is_done(status, priority))
            if outcome is Outcome.UNANSWERED:
                count_unanswered("EndPointLifeCycleChange", "done" if is_done else "sent_again")
            if is_done:
                return None
            await workflow.sleep(patience.pause(pause), summary=f"Not {status} yet: pause, then request it again")
            self._set_details(f"{what}, once more.")
        raise sft_unavailable(what, OUTAGE)

    async def _send(self, send: Send) -> None:
        try:
            await send()
        except ActivityError as error:
            if outcome_of(error) is Outcome.UNANSWERED:
                self.unanswered += 1
            raise

    async def _is_done(self, status: Status, priority: Priority | None) -> bool:
        """Whether the endpoint is in that state, by our doing: before the sale, it may be a stranger who activated it,
        unless a request of ours may have done it. After the sale, nobody else acts on it.
        """
        if not is_state((await self.look(time_limit=OUTAGE, priority=priority)).status, status):
            return False
        if self.unanswered:
            self.unanswered -= 1
            return True
        return self._is_sold
