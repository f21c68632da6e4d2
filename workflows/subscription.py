"""One eSIM of one traveler, for as long as it lives: the claim on its endpoint, and every add-on bought for it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.messages import ACTIVE, SUSPENDED, UNUSED
    from activities.runs import RunActivities
    from contract.addon import Addon, AddonError
    from contract.failure import (
        ACTIVATION_REJECTED,
        ADDON_REJECTED,
        INVALID_REQUEST,
        SFT_AUTHENTICATION_FAILED,
        SFT_UNAVAILABLE,
        FailureType,
    )
    from contract.purchase import AddonPurchase, PurchaseReference
    from contract.subscription import LifecycleOrder, Subscription, SubscriptionStatus
    from workflows.addon_protocol import AddonProtocol
    from workflows.cancellation import even_if_cancelled, finished
    from workflows.counting import count_addon, count_unanswered
    from workflows.details import details_of
    from workflows.endpoint import OwnedEndpoint, Status
    from workflows.finding import STATUS, search_attributes_of
    from workflows.handover import GiveBack, HandOver
    from workflows.leftovers import Leftovers
    from workflows.outcome import type_of, words_of
    from workflows.policies import PATIENT, WATCH
    from workflows.purchases import Purchases
    from workflows.sft_calls import call
    from workflows.state import StatusChange, SubscriptionState
    from workflows.telling import Telling
    from workflows.usage_watch import UsageWatch


LONG_HISTORY: Final = 10_000
"""Events after which a run continues as new although updates wait in it: Temporal ends a run at 51,200. Whoever waits
there is told so and may ask again, under the same purchase_id."""

SOLD: Final = ("active", "suspended", "closed")


@workflow.defn
class TravelerSubscriptionWorkflow:
    """Holds an endpoint for a traveler. Its workflow id is the lock: the server lets only one exist per endpoint.

    It ends ``Failed`` with type ``Released`` if the endpoint may be claimed again, and ``Completed`` if it may not.
    """

    @workflow.init
    def __init__(self, state: SubscriptionState | None = None) -> None:
        if state is None:
            raise ApplicationError(
                "a subscription is started by ProvisionEsimWorkflow; start that instead",
                type=INVALID_REQUEST,
                non_retryable=True,
            )
        self._state = state
        self._subscription = state.subscription
        self._purchases = Purchases(state)
        self._endpoint = OwnedEndpoint(state.subscription.endpoint_id, self._tell)
        self._leftovers = Leftovers(state, self._endpoint, self._purchases.accounted, self._tell)
        self._telling = Telling(state)
        self._usage = UsageWatch(state, self._purchases, self._telling, self._show, self._look_at_owner)
        self._given_back: GiveBack | None = None
        self._refresh: asyncio.Task[None] | None = None
        self._doing = ""
        self._show()

    @workflow.run
    async def run(self, state: SubscriptionState | None = None) -> Subscription:
        background = self._attend()
        try:
            if given_back := await self._until_handed_over():
                return await even_if_cancelled(self._end_unsold(given_back))
            return await self._until_over()
        finally:
            for task in background:
                task.cancel()

    async def _until_over(self) -> Subscription:
        try:
            if await self._live():
                return await even_if_cancelled(self._end())
            self._continue_as_new()
        except asyncio.CancelledError:
            return await self._close_cancelled("the subscription was cancelled")

    # What portals ask.

    @workflow.query
    def subscription(self) -> Subscription:
        """The subscription as it stands."""
        return self._subscription

    @workflow.query
    def addon(self, reference: PurchaseReference) -> Addon | None:
        """The add-on that was bought under a purchase_id, also long ago; None if none was."""
        return self._purchases.find(reference.purchase_id)

    # What portals send.

    @workflow.signal
    def addon_purchased(self, purchase: AddonPurchase) -> None:
        """Buys an add-on; a purchase that is known already, or that contradicts a known one, changes nothing."""
        try:
            self._purchases.refuse_conflict(purchase)
        except ApplicationError as refusal:
            workflow.logger.warning("addon_purchased ignored: %s", refusal.message)
            return
        addon = self._accept(purchase)
        if addon.status == "failed":  # it is closed, and nobody waits for an answer
            self._telling.report("addon_failed", addon=addon)

    @workflow.signal
    def look_soon(self, _nothing: object = None) -> None:
        """Something may have happened to the eSIM: reads its usage within a minute, once for all who say so by then.
        Nothing while it is not sold, and after it was closed.
        """
        if self._usage.can_look_soon:
            self._usage.look_soon()

    @workflow.update(unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON)
    async def purchase_addon(self, purchase: AddonPurchase) -> Addon:
        """Buys an add-on and answers once it is provisioned.

        Raises:
            ApplicationError: ``InvalidRequest`` if the purchase_id is known with another plan or product; the failure
                of the add-on (``AddonRejected``, ``SftUnavailable``, ``Cancelled``) if it could not be provisioned.
        """
        addon = self._accept(purchase)
        await workflow.wait_condition(lambda: addon.status != "pending")
        if addon.error is not None:
            raise ApplicationError(addon.error.message, type=addon.error.type, non_retryable=True)
        return addon

    @purchase_addon.validator
    def _refuse_purchase(self, purchase: AddonPurchase) -> None:
        self._purchases.refuse_conflict(purchase)
        known = self._purchases.find(purchase.purchase_id)
        if known is None or known.status == "failed":
            self._purchases.refuse_if_over()

    @workflow.update
    async def refresh_usage(self, _nothing: object = None) -> Subscription:
        """Reads the usage of all add-ons, once for all who ask meanwhile.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if SFT does not answer; the last
                reading stands.
        """
        if self._refresh is None or not self._refreshing:
            self._refresh = asyncio.create_task(self._usage.refresh())
        try:
            await asyncio.shield(self._refresh)
        except ActivityError as error:
            raise ApplicationError(
                f"the usage of endpoint {self._subscription.endpoint_id} cannot be read right now "
                f"({words_of(error)}); the last reading stands, ask again later",
                type=SFT_AUTHENTICATION_FAILED if type_of(error) == SFT_AUTHENTICATION_FAILED else SFT_UNAVAILABLE,
                non_retryable=True,
            ) from error
        return self._subscription

    @workflow.update
    async def suspend(self, order: LifecycleOrder) -> Subscription:
        """Suspends the eSIM at SFT: it carries no traffic, and purchases wait until it is resumed."""
        return await self._changed(StatusChange(to="suspended", reason=order.reason))

    @workflow.update
    async def resume(self, order: LifecycleOrder) -> Subscription:
        """Activates the eSIM again, and provisions what was bought meanwhile."""
        return await self._changed(StatusChange(to="active", reason=order.reason))

    @workflow.update
    async def close(self, order: LifecycleOrder) -> Subscription:
        """Suspends the eSIM for good: nothing can be bought for it any more, and nobody will get its endpoint."""
        return await self._changed(StatusChange(to="closed", reason=order.reason))

    @refresh_usage.validator
    def _refuse_refresh(self, _nothing: object = None) -> None:
        self._refuse_unless_sold()

    @suspend.validator
    def _refuse_suspend(self, order: LifecycleOrder) -> None:
        self._refuse_unless_alive()

    @resume.validator
    def _refuse_resume(self, order: LifecycleOrder) -> None:
        self._refuse_unless_alive()

    @close.validator
    def _refuse_close(self, order: LifecycleOrder) -> None:
        self._refuse_unless_sold()

    def _refuse_unless_sold(self) -> None:
        if self._subscription.status not in SOLD:
            self._refuse("only an eSIM that was sold can be read, suspended, resumed or closed")

    def _refuse_unless_alive(self) -> None:
        self._refuse_unless_sold()
        if self._subscription.status == "closed" or any(change.to == "closed" for change in self._state.changes):
            self._refuse("an eSIM that is closed, or about to be, stays suspended for good")

    def _refuse(self, why: str) -> None:
        raise ApplicationError(
            f"{self._subscription.subscription_id} is {self._subscription.status}: {why}",
            type=INVALID_REQUEST,
            non_retryable=True,
        )

    async def _changed(self, change: StatusChange) -> Subscription:
        if self._subscription.status == change.to and (change.to == "closed" or not self._state.changes):
            return self._subscription
        self._state.changes.append(change)
        await workflow.wait_condition(lambda: change.done)
        if change.failure:
            failure_type, message = change.failure
            raise ApplicationError(message, type=failure_type, non_retryable=True)
        return self._subscription

    # What ProvisionEsimWorkflow sends.

    @workflow.signal
    def hand_over(self, sale: HandOver) -> None:
        """The eSIM is sold: from here on this workflow is the one that acts on the endpoint."""
        first = self._purchases.find(sale.addon.purchase_id)
        if first is None or self._state.owner is None:
            workflow.logger.warning("hand_over of %s ignored: it is not being provisioned", sale.addon.purchase_id)
            return
        first.product, first.plan_id = sale.addon.product, sale.addon.plan_id
        first.unique_id, first.status = sale.addon.unique_id, sale.addon.status
        self._state.owner = None
        self._state.channels = sale.channels
        self._leftovers.watch(sale.doubts)
        self._state.late_activations, self._state.late_until = sale.late_activations, workflow.now() + WATCH
        self._be("active")
        self._telling.report("esim_provisioned", addon=first)
        self._usage.provisioned()
        self._show()

    @workflow.signal
    def give_back(self, order: GiveBack) -> None:
        """The eSIM was not sold: this workflow cleans up what was done to the endpoint, and ends."""
        self._given_back = order

    # Being claimed.

    async def _until_handed_over(self) -> GiveBack | None:
        """Waits for the run that claimed the endpoint; one that was terminated is noticed, and counts as given back."""
        while self._state.owner is not None and self._given_back is None:
            try:
                await workflow.wait_condition(lambda: self._state.owner is None or self._given_back is not None)
            except asyncio.CancelledError:
                workflow.logger.warning("not cancelled: cancel %s instead", self._state.owner.workflow_id)
        return self._given_back

    async def _look_at_owner(self) -> None:
        owner = self._state.owner
        assert owner is not None
        self._be(self._subscription.status)  # this takes long: it is to be found as what it is
        state = await call(RunActivities.look_at_owner, owner, PATIENT, f"Does {owner.workflow_id} still run?")
        if state.running or self._state.owner is None or self._given_back:
            return
        self._given_back = GiveBack(
            verdict="release",
            reason=f"{owner.workflow_id} ended without handing the endpoint over",
            activated="unanswered",
        )

    async def _end_unsold(self, order: GiveBack) -> Subscription:
        self._tell(f"Given back: {order.reason}")
        self._state.next_look = None
        used = order.activated != "no" and await self._suspend_what_was_activated(order)
        for doubt in order.doubts:
            await self._leftovers.remove(doubt)
        self._purchases.fail_pending(f"the eSIM was not sold: {order.reason}")
        if order.is_in_doubt:
            self._be("quarantined")
            await self._tell_owner()
            used = await self._leftovers.outlast(order.doubts, order.late_activations) or used
        await workflow.wait_condition(workflow.all_handlers_finished)
        if order.verdict == "release" and not used:
            raise ApplicationError(
                f"Released: endpoint {self._subscription.endpoint_id} was never activated and can be sold again "
                f"({order.reason})",
                type="Released",
                non_retryable=True,
            )
        self._be("quarantined")
        self._tell(f"Quarantined, nobody will get this endpoint: {order.reason}")
        return self._subscription

    async def _tell_owner(self) -> None:
        """Lets the run that gave the endpoint back end: it is cleaned up, however long it is watched from here on."""
        if owner := self._state.owner:
            run = workflow.get_external_workflow_handle(owner.workflow_id, run_id=owner.run_id)
            with suppress(ApplicationError):  # it was terminated
                await run.signal("cleaned_up", self._subscription.subscription_id)

    async def _suspend_what_was_activated(self, order: GiveBack) -> bool:
        """Whether the endpoint was active at all. An unanswered activation is waited for before it is ruled out."""
        look = await self._endpoint.look_at_status()
        if order.activated == "unanswered" and look.status == UNUSED:
            settle = timedelta(seconds=look.settle_seconds)
            await workflow.sleep(settle, summary="The activation was not answered: wait whether it is done late")
            look = await self._endpoint.look_at_status()
        if order.activated == "unanswered" and look.status == ACTIVE:
            order.late_activations -= 1
            count_unanswered("EndPointLifeCycleChange", "done_late")
        if look.status in (UNUSED, SUSPENDED):
            return look.status == SUSPENDED
        await self._endpoint.suspend()
        return True

    # Living.

    def _attend(self) -> list[asyncio.Task[None]]:
        """What goes on in the background: reading usage and telling what happens. Purchases wait for neither."""
        return [asyncio.create_task(self._usage.keep_looking()), asyncio.create_task(self._telling.keep_telling())]

    async def _live(self) -> bool:
        """Provisions, suspends and resumes, one after the other. Whether it was closed; if not, it is to go on anew."""
        while not self._may_continue_as_new():
            await self._until_there_is_work()
            if self._wants_to_continue_as_new():
                self._telling.pause()
            else:
                self._telling.resume()
            if self._state.changes:
                await self._carry_out(self._state.changes[0])
            elif self._state.queue and self._subscription.status == "active":
                await self._provision(self._purchases.find(self._state.queue[0]))
            if self._subscription.status == "closed":
                return True
            for watch in self._leftovers.due():
                await finished(self._leftovers.look(watch))
            if self._state.status_look and self._state.status_look <= workflow.now():
                await finished(self._look_at_status())
        return False

    async def _until_there_is_work(self) -> None:
        times = [time for time in (self._leftovers.due_at(), self._state.status_look) if time]
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                self._is_there_work,
                timeout=max(min(times) - workflow.now(), timedelta(0)) if times else None,
                timeout_summary="Look for what SFT did late",
            )

    def _is_there_work(self) -> bool:
        if self._state.changes or (self._state.queue and self._subscription.status == "active"):
            return True
        return self._may_continue_as_new() or self._wants_to_continue_as_new() != self._telling.is_paused

    async def _provision(self, addon: Addon | None) -> None:
        """Provisions the add-on at the head of the queue: nothing else acts on the endpoint meanwhile."""
        assert addon is not None
        self._tell(f"Provisioning add-on {addon.plan_id} for purchase {addon.purchase_id}.")
        protocol = AddonProtocol(self._subscription.endpoint_id, self._tell)
        try:
            addon.unique_id = await protocol.provision(addon.plan_id, self._purchases.accounted())
            addon.status = "provisioned"
        except ActivityError as error:
            message = (
                f"SFT refused add-on {addon.plan_id} on endpoint {self._subscription.endpoint_id} "
                f"({words_of(error)}); send the purchase again once SFT knows the plan, or buy "
                "another one under a purchase_id of its own"
            )
            addon.error = AddonError(type=ADDON_REJECTED, message=message)
            addon.status = "failed"
        except ApplicationError as failure:
            addon.error = AddonError(type=SFT_UNAVAILABLE, message=failure.message)
            addon.status = "failed"
        finally:
            self._leftovers.watch(protocol.doubts)
            self._state.channels = protocol.channels or self._state.channels
        self._state.queue.remove(addon.purchase_id)
        self._settled(addon)
        self._tell("")

    def _settled(self, addon: Addon) -> None:
        count_addon(addon)
        self._purchases.keep_small()
        if addon.status == "failed":
            self._telling.report("addon_failed", addon=addon)
            return
        self._subscription.unmatched = [u for u in self._subscription.unmatched if u != addon.unique_id]
        self._telling.report("addon_provisioned", addon=addon)
        self._usage.provisioned()

    # Being suspended, resumed and closed.

    async def _carry_out(self, change: StatusChange) -> None:
        """Does what is ordered, unless it is so already. An order that cannot be carried out changes nothing."""
        try:
            if change.to != self._subscription.status:
                await self._change(change)
        except ApplicationError as failure:
            change.failure = (_failure_type(failure), failure.message)
        self._state.changes.remove(change)
        change.done = True
        if self._subscription.status != "closed":
            self._tell("")

    async def _change(self, change: StatusChange) -> None:
        self._tell(f"Making it {change.to}, as ordered ({change.reason.replace('_', ' ')}).")
        try:
            await self._endpoint.bring_to(_at_sft(change.to), change.reason)
        finally:
            self._watch_status()
        if change.to == "closed":
            await self._clear_away(f"closed on order ({change.reason.replace('_', ' ')})")
            return
        self._be(change.to)
        self._telling.report("subscription_resumed" if change.to == "active" else "subscription_suspended")

    def _watch_status(self) -> None:
        """A request that SFT did not answer may still be carried out, against what was ordered since."""
        if self._endpoint.unanswered:
            self._state.late_activations += self._endpoint.unanswered
            self._state.late_until = workflow.now() + WATCH
            self._endpoint.unanswered = 0
        if self._late_activations():
            self._state.status_look = workflow.now() + self._endpoint.settle

    async def _look_at_status(self) -> None:
        """Looks, ever more rarely, whether SFT did late what was not ordered any more, and puts it right."""
        self._state.status_look = None
        wanted = _at_sft(self._subscription.status)
        if (await self._endpoint.look_at_status()).status not in (wanted, None):
            self._state.late_activations -= 1
            count_unanswered("EndPointLifeCycleChange", "done_late")
            with suppress(ApplicationError):  # left to the next look
                await self._endpoint.bring_to(wanted, "system")
        if self._late_activations() and self._state.late_until:
            since = self._state.late_until - WATCH
            self._state.status_look = workflow.now() + max(self._endpoint.settle, workflow.now() - since)
        self._tell("")

    def _late_activations(self) -> int:
        late = self._state.late_until is not None and workflow.now() < self._state.late_until
        return self._state.late_activations if late else 0

    async def _close_cancelled(self, reason: str) -> Subscription:
        """Leaves the endpoint suspended, and never to be claimed again."""
        self._tell(f"Closing: {reason}")
        await self._endpoint.suspend()
        await self._clear_away(reason)
        return await self._end()

    async def _clear_away(self, reason: str) -> None:
        for watch in self._state.watches:
            await self._leftovers.remove(watch.doubt)
        for addon in self._purchases.fail_pending(reason):
            self._telling.report("addon_failed", addon=addon)
        self._be("closed")
        self._telling.report("subscription_closed")
        self._doing = f"Closed: {reason}"

    async def _end(self) -> Subscription:
        """Ends once SFT cannot undo the closing any more, and everything was told."""
        closed = self._doing
        for change in self._state.changes:  # of orders given before the closing, there is nothing left to do
            change.done = True
        self._telling.resume()
        doubts = [watch.doubt for watch in self._state.watches]
        await self._leftovers.outlast(doubts, self._late_activations())
        self._tell(closed)
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and self._telling.is_done)
        return self._subscription

    # What the above is made of.

    def _accept(self, purchase: AddonPurchase) -> Addon:
        addon = self._purchases.accept(purchase)
        self._show()
        return addon

    def _may_continue_as_new(self) -> bool:
        return self._wants_to_continue_as_new() and self._telling.is_idle

    def _wants_to_continue_as_new(self) -> bool:
        info = workflow.info()
        if not info.is_continue_as_new_suggested():
            return False
        if self._subscription.status == "suspended" and not self._state.changes and not self._refreshing:
            return True  # what waits here waits for resume, which may be months away
        is_long = info.get_current_history_length() > LONG_HISTORY
        return workflow.all_handlers_finished() or is_long

    @property
    def _refreshing(self) -> bool:
        return self._refresh is not None and not self._refresh.done()

    def _continue_as_new(self) -> NoReturn:
        """Carries everything over."""
        self._purchases.keep_small()
        self._state.found_as = self._subscription.status
        workflow.continue_as_new(self._state, search_attributes=search_attributes_of(self._subscription))

    def _be(self, status: SubscriptionStatus) -> None:
        self._subscription.status = status
        if status != self._state.found_as:
            workflow.upsert_search_attributes([STATUS.value_set(status)])
            self._state.found_as = status

    def _tell(self, doing: str) -> None:
        self._doing = doing
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(details_of(self._state, self._doing))


def _at_sft(status: SubscriptionStatus) -> Status:
    """The state that SFT has to have an endpoint in which was sold."""
    return ACTIVE if status == "active" else SUSPENDED


def _failure_type(failure: ApplicationError) -> FailureType:
    return ACTIVATION_REJECTED if failure.type == ACTIVATION_REJECTED else SFT_UNAVAILABLE
