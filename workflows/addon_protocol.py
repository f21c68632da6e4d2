"""Look, send once, settle: how a purchase becomes exactly one add-on instance, whatever SFT answers.

SubscribeAddon makes a new instance every time it succeeds, takes no idempotency key, and may succeed without answering.
So the history first records which instances the endpoint has; the call is then sent once; and if it stays unanswered,
the endpoint is looked at until a new instance of the plan shows up, which is ours, or until the settle window is over.
Only then is it sent again. The first add-on and the hundredth go through here.
"""

from collections.abc import Iterable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError

from activities.addons import AddonActivities
from activities.messages import AddonOrder, AddonSearch, Channel, Endpoint, EndpointLook
from workflows.cancellation import finish_before_cancel
from workflows.counting import count_unanswered
from workflows.handover import Doubt
from workflows.outcome import AccountRefuses, Outcome, details_of, outcome_of, pause_after, words_of
from workflows.policies import LONGEST_PAUSE_BETWEEN_WRITES, ONCE, OUTAGE, SETTLE
from workflows.sft_calls import Patience, SetDetails, call, patiently, sft_unavailable


class AddonRefused(Exception):
    """SFT said no to an add-on: nothing was made. The message has its words."""


class AddonProtocol:
    """Provisions add-ons on one endpoint, one at a time.

    ``doubts`` are the SubscribeAddons that were neither answered nor found: what they were to make may still appear,
    and then is a surplus that has to be removed. ``channels`` is where the worker that looked can tell what happens.
    ``is_run_listed`` is whether visibility is known to list this run; it is asked for as long as it is False, None is
    for a run of which nobody wants to know. ``priority`` is that of the calls, None for the usual one.
    """

    def __init__(
        self,
        endpoint_id: str,
        set_details: SetDetails,
        *,
        is_run_listed: bool | None = None,
        priority: Priority | None = None,
    ) -> None:
        self.doubts: list[Doubt] = []
        self.channels: list[Channel] = []
        self.is_run_listed = is_run_listed
        self._endpoint_id = endpoint_id
        self._set_details = set_details
        self._priority = priority
        self._there: set[str] = set()
        """uniqueIds that were on the endpoint before anything was sent."""

    async def provision(self, plan_id: str, accounted: Iterable[str] = (), *, look: EndpointLook | None = None) -> str:
        """Puts one new instance of the plan on the endpoint and returns its uniqueId.

        ``accounted`` are the uniqueIds that belong to other purchases already. ``look`` is what is on the endpoint, if
        that was looked at just now.

        Raises:
            AddonRefused: if SFT said no. AccountRefuses: if that is the operator's matter.
            ApplicationError: ``SftUnavailable`` if SFT could not be brought to do it for a day.
        """
        patience = Patience()
        if look is None:
            look = await patience.look(self._look(plan_id))
        self.channels = look.channels
        before = self._there = look.unique_ids
        doubt = Doubt(plan_id=plan_id, before=sorted(before.union(accounted)), settle_seconds=look.settle_seconds)
        self.doubts.append(doubt)
        try:
            while not patience.is_over:
                unique_id = await self._send_and_settle(doubt, patience)
                if unique_id is not None:
                    doubt.count -= 1
                    return unique_id
            raise sft_unavailable(self._summary("Provision", plan_id), OUTAGE)
        finally:
            self.doubts = [doubt for doubt in self.doubts if doubt.count]

    async def _look(self, plan_id: str) -> EndpointLook:
        """Waits for SFT where it has to: a look has a limit of its own, and none where the operator has to act.

        It fails while an instance of the plan cannot be told from others: a new one could not be, either.
        """
        return await patiently(
            AddonActivities.look_at_endpoint,
            Endpoint(endpoint_id=self._endpoint_id, plan_id=plan_id),
            f"Look which add-ons endpoint {self._endpoint_id} has",
            self._set_details,
            priority=self._priority,
        )

    async def _send_and_settle(self, doubt: Doubt, patience: Patience) -> str | None:
        """The uniqueId of the new instance; None if it may be sent again."""
        try:
            unique_id = await finish_before_cancel(self._send(doubt))
            return await self._new_one(doubt) if unique_id in self._there else unique_id
        except ActivityError as error:
            match outcome_of(error):
                case Outcome.REJECTED:
                    raise AddonRefused(words_of(error)) from error
                case Outcome.ACCOUNT:
                    raise AccountRefuses(error) from error
                case Outcome.NOT_SENT:
                    pause = patience.pause(pause_after(error))
                    await workflow.sleep(pause, summary="SFT took nothing: pause, then send again")
                    # A long outage is waited for here: one activity.
                    look = await patience.look(self._look(doubt.plan_id))
                    if doubt.count == 0:  # nothing of ours can have come meanwhile: what has is somebody else's
                        self._there = look.unique_ids
                        doubt.before = sorted({*doubt.before, *look.unique_ids})
                    return None
                case Outcome.UNANSWERED:
                    return await self.settle(doubt, error)

    async def _new_one(self, doubt: Doubt) -> str:
        """What is new on the endpoint, where SFT says that it was done but names an instance that was there before, and
        is another purchase's. It was done: it is not sent again."""
        if unique_id := await self.settle(doubt):
            return unique_id
        raise AddonRefused(
            "it says that it was done, but names an instance that was there before, and no other is there: look at the "
            "endpoint at SFT before it is tried again"
        )

    async def _send(self, doubt: Doubt) -> str:
        doubt.count += 1
        try:
            instance = await call(
                AddonActivities.provision_addon,
                AddonOrder(
                    endpoint_id=self._endpoint_id,
                    plan_id=doubt.plan_id,
                    asks_whether_listed=self.is_run_listed is False,
                ),
                ONCE,
                self._summary("Provision", doubt.plan_id),
                priority=self._priority,
            )
        except ActivityError as error:
            if outcome_of(error) is not Outcome.UNANSWERED:
                doubt.count -= 1
            raise
        self.is_run_listed = self.is_run_listed or instance.is_run_listed
        return instance.unique_id

    async def settle(self, doubt: Doubt, error: ActivityError | None = None) -> str | None:
        """The uniqueId of what was sent and not answered, if SFT has made it; None once the settle window is over.

        ``error`` is what its sending failed with: it may have had an answer that cannot be used.
        """
        self._set_details(
            f"SFT did not answer SubscribeAddon for plan {doubt.plan_id} on endpoint {self._endpoint_id}: looking "
            "whether it was done before anything is sent again." + (f" ({words_of(error)})" if error else "")
        )
        told = details_of(error).get("told", []) if error else []
        search = AddonSearch(endpoint_id=self._endpoint_id, plan_id=doubt.plan_id, known=doubt.before, told=told)
        summary = self._summary("Unanswered: look for", doubt.plan_id)
        settled = await patiently(
            AddonActivities.settle_addon, search, summary, self._set_details, first=SETTLE, priority=self._priority
        )
        count_unanswered("SubscribeAddon", "done" if settled.unique_id else "sent_again")
        if settled.unique_id is None and doubt.count > 1:
            pause = timedelta(seconds=max(1.0, doubt.settle_seconds / 3)) * 2 ** min(doubt.count - 2, 20)
            summary = f"{doubt.count} unanswered: pause before sending again"
            await workflow.sleep(min(pause, LONGEST_PAUSE_BETWEEN_WRITES), summary=summary)
        return settled.unique_id

    def _summary(self, verb: str, plan_id: str) -> str:
        return f"{verb} add-on {plan_id} on endpoint {self._endpoint_id}"
