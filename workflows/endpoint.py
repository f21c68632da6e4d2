"""The endpoint of a subscription at SFT: looked at, suspended, activated again. Only its subscription acts on it."""

from datetime import timedelta
from typing import Final, Literal

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.addons import AddonActivities
from activities.esims import EsimActivities
from activities.messages import ACTIVE, SUSPENDED, Endpoint, EndpointLook, LifecycleChange, Suspension
from contract.failure import ACTIVATION_REJECTED, SFT_UNAVAILABLE
from contract.subscription import SuspensionReason
from workflows.cancellation import finished
from workflows.counting import count_unanswered
from workflows.outcome import Outcome, outcome_of, pause_after, words_of
from workflows.policies import ONCE, OUTAGE
from workflows.sft_calls import Say, call, growing_pause, patiently, sft_unavailable

Status = Literal["Active", "Suspended"]

VERBS: Final[dict[Status, str]] = {ACTIVE: "Resume", SUSPENDED: "Suspend"}


class OwnedEndpoint:
    """What a subscription does with its endpoint.

    ``unanswered`` counts requests to change its life cycle that SFT did not answer and may still carry out, which it
    is given ``settle`` for before it is looked whether it did.
    """

    def __init__(self, endpoint_id: str, say: Say) -> None:
        self.endpoint_id = endpoint_id
        self.unanswered = 0
        self.settle = timedelta(minutes=3)
        self._say = say

    async def look(self, summary: str, time_limit: timedelta | None = None) -> EndpointLook:
        """Its state and its add-ons. Without a limit, however long SFT has to be waited for."""
        endpoint = Endpoint(endpoint_id=self.endpoint_id)
        look = await patiently(AddonActivities.look_at_endpoint, endpoint, summary, self._say, time_limit=time_limit)
        self.settle = timedelta(seconds=max(1.0, look.settle_seconds))
        return look

    async def look_at_status(self, time_limit: timedelta | None = None) -> EndpointLook:
        """The same, to see whether it is active."""
        return await self.look(f"Look whether endpoint {self.endpoint_id} is active", time_limit)

    async def suspend(self) -> None:
        """Suspends it, however long that takes: for the end of a subscription that nobody waits for."""
        suspension = Suspension(endpoint_id=self.endpoint_id)
        summary = f"Suspend endpoint {self.endpoint_id}"
        await patiently(EsimActivities.suspend_esim, suspension, summary, self._say, time_limit=None)

    async def bring_to(self, status: Status, reason: SuspensionReason) -> None:
        """Suspends it or activates it again, for somebody who waits. What SFT does not answer is looked up.

        Raises:
            ApplicationError: ``ActivationRejected`` or, if it cannot be suspended, ``SftUnavailable``: if SFT says
                no; ``SftUnavailable`` also if SFT could not be brought to do it for a day.
        """
        began, summary = workflow.now(), f"{VERBS[status]} endpoint {self.endpoint_id}"
        change = LifecycleChange(endpoint_id=self.endpoint_id, to=status, reason=reason)
        while workflow.now() < began + OUTAGE:
            try:
                await finished(call(EsimActivities.change_lifecycle, change, ONCE, summary))
                return
            except ActivityError as error:
                outcome, pause = outcome_of(error), pause_after(error)
                if outcome is Outcome.REJECTED:
                    raise self._refused(status, error) from error
            if outcome is Outcome.UNANSWERED:
                self.unanswered += 1
            done = (await self.look_at_status(OUTAGE)).status == status
            if outcome is Outcome.UNANSWERED:
                self.unanswered -= done
                count_unanswered("EndPointLifeCycleChange", "done" if done else "sent_again")
            if done:
                return
            pause = max(pause, growing_pause(began))
            await workflow.sleep(pause, summary=f"Not {status} yet: pause, then request it again")
        raise sft_unavailable(summary, OUTAGE)

    def _refused(self, status: Status, error: ActivityError) -> ApplicationError:
        return ApplicationError(
            f"{VERBS[status]} endpoint {self.endpoint_id}: SFT refused ({words_of(error)}); ask "
            "SFT what is wrong with it, then send it again",
            type=ACTIVATION_REJECTED if status == ACTIVE else SFT_UNAVAILABLE,
            non_retryable=True,
        )
