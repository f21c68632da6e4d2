"""One eSIM of one traveler, for as long as it lives: the claim on its endpoint, and every add-on bought for it."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.addons import AddonActivities
    from activities.esims import EsimActivities
    from activities.messages import (
        ACTIVE,
        SUSPENDED,
        UNUSED,
        Endpoint,
        EndpointLook,
        Owner,
        Surplus,
        Suspension,
    )
    from activities.runs import RunActivities
    from domain.addon import Addon, AddonError
    from domain.failure import ADDON_REJECTED, CANCELLED, INVALID_REQUEST, SFT_UNAVAILABLE
    from domain.purchase import AddonPurchase
    from domain.subscription import Subscription
    from workflows.handover import Doubt, GiveBack, HandOver
    from workflows.policies import OWNER_LOOK, PATIENT, SURPLUS, WATCH
    from workflows.state import SubscriptionState, Watch

from workflows.addon_protocol import AddonProtocol
from workflows.cancellation import even_if_cancelled, finished
from workflows.details import details_of
from workflows.outcome import failure_of
from workflows.sft_calls import call, patiently


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
        self._by_purchase = {addon.purchase_id: addon for addon in self._subscription.addons}
        self._given_back: GiveBack | None = None
        self._over = ""
        self._doing = ""
        self._show()

    @workflow.run
    async def run(self, state: SubscriptionState | None = None) -> Subscription:
        if given_back := await self._until_handed_over():
            return await even_if_cancelled(self._end_unsold(given_back))
        try:
            await self._live()
            workflow.continue_as_new(self._state)
        except asyncio.CancelledError:
            return await self._close("the subscription was cancelled")

    # What portals send.

    @workflow.query
    def subscription(self) -> Subscription:
        """The subscription as it stands."""
        return self._subscription

    @workflow.signal
    def addon_purchased(self, purchase: AddonPurchase) -> None:
        """Buys an add-on; a purchase that is known already, or that contradicts a known one, changes nothing."""
        try:
            self._refuse_conflict(purchase)
        except ApplicationError as refusal:
            workflow.logger.warning("addon_purchased ignored: %s", refusal.message)
            return
        self._accept(purchase)

    @workflow.update
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
    def _refuse_conflict(self, purchase: AddonPurchase) -> None:
        known = self._by_purchase.get(purchase.purchase_id)
        if known and (known.product, known.plan_id) != (purchase.product, purchase.plan_id):
            raise ApplicationError(
                f"purchase_id {purchase.purchase_id} is known as {known.product} ({known.plan_id}); a purchase of "
                f"{purchase.product} ({purchase.plan_id}) needs a purchase_id of its own",
                type=INVALID_REQUEST,
                non_retryable=True,
            )

    # What ProvisionEsimWorkflow sends.

    @workflow.signal
    def hand_over(self, sale: HandOver) -> None:
        """The eSIM is sold: from here on this workflow is the one that acts on the endpoint."""
        first = self._by_purchase.get(sale.addon.purchase_id)
        if first is None or self._state.owner is None:
            workflow.logger.warning("hand_over of %s ignored: it is not being provisioned", sale.addon.purchase_id)
            return
        first.product, first.plan_id = sale.addon.product, sale.addon.plan_id
        first.unique_id, first.status = sale.addon.unique_id, sale.addon.status
        self._state.owner = None
        self._subscription.status = "active"
        self._watch(sale.doubts)
        self._state.late_activations, self._state.late_until = sale.late_activations, workflow.now() + WATCH
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
                await self._wait_for_the_owner(self._state.owner)
            except asyncio.CancelledError:
                workflow.logger.warning("not cancelled: cancel %s instead", self._state.owner.workflow_id)
        return self._given_back

    async def _wait_for_the_owner(self, owner: Owner) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._state.owner is None or self._given_back is not None,
                timeout=OWNER_LOOK,
                timeout_summary="Look whether the run that claimed this endpoint still lives",
            )
            return
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
        used = order.activated != "no" and await self._suspend_what_was_activated(order)
        for doubt in order.doubts:
            await self._remove_late_instances(doubt)
        self._fail_purchases(f"the eSIM was not sold: {order.reason}")
        if order.is_in_doubt:
            self._subscription.status = "quarantined"
            await self._tell_owner()
            used = await self._outlast(order.doubts, order.late_activations) or used
        await workflow.wait_condition(workflow.all_handlers_finished)
        if order.verdict == "release" and not used:
            raise ApplicationError(
                f"Released: endpoint {self._subscription.endpoint_id} was never activated and can be sold again "
                f"({order.reason})",
                type="Released",
                non_retryable=True,
            )
        self._subscription.status = "quarantined"
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
        summary = f"Look whether endpoint {self._subscription.endpoint_id} is active"
        look = await self._look(summary)
        if order.activated == "unanswered" and look.status == UNUSED:
            settle = timedelta(seconds=look.settle_seconds)
            await workflow.sleep(settle, summary="The activation was not answered: wait whether it is done late")
            look = await self._look(summary)
        if order.activated == "unanswered" and look.status == ACTIVE:
            order.late_activations -= 1
        if look.status in (UNUSED, SUSPENDED):
            return look.status == SUSPENDED
        await self._suspend()
        return True

    async def _remove_late_instances(self, doubt: Doubt) -> None:
        """Removes what an add-on that was not sold left on the endpoint, also if SFT makes it only now."""
        await self._remove(doubt)
        if doubt.count:
            settle = timedelta(seconds=doubt.settle_seconds)
            await workflow.sleep(settle, summary="SubscribeAddon was not answered: wait whether it is done late")
            await self._remove(doubt)

    async def _outlast(self, doubts: list[Doubt], late_activations: int) -> bool:
        """Undoes what SFT did not answer and does only now, for WATCH. Whether the endpoint became active."""
        begin, used = workflow.now(), False
        while (late_activations > 0 or any(doubt.count for doubt in doubts)) and workflow.now() < begin + WATCH:
            self._tell(f"SFT may still do what it did not answer: looking again, until {begin + WATCH:%c} UTC.")
            look = await self._look(f"Look whether endpoint {self._subscription.endpoint_id} is active")
            if look.status == ACTIVE:
                await self._suspend()
                late_activations, used = late_activations - 1, True
            for doubt in doubts:
                await self._remove(doubt)
            pause = max(workflow.now() - begin, timedelta(seconds=max(1.0, look.settle_seconds)))
            await workflow.sleep(pause, summary="SFT may still do what it did not answer: look again after a pause")
        return used

    # Living.

    async def _live(self) -> None:
        while not self._should_continue_as_new():
            await self._until_there_is_work()
            if self._state.queue:
                await self._provision(self._by_purchase[self._state.queue[0]])
            for watch in self._due_watches():
                await finished(self._remove_surplus(watch))

    async def _until_there_is_work(self) -> None:
        due = min((watch.due for watch in self._state.watches), default=None)
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._state.queue) or self._should_continue_as_new(),
                timeout=max(due - workflow.now(), timedelta(0)) if due else None,
                timeout_summary="Look for add-ons that SFT made late",
            )

    async def _provision(self, addon: Addon) -> None:
        """Provisions the add-on at the head of the queue: nothing else acts on the endpoint meanwhile."""
        self._tell(f"Provisioning add-on {addon.plan_id} for purchase {addon.purchase_id}.")
        protocol = AddonProtocol(self._subscription.endpoint_id, self._tell)
        try:
            addon.unique_id = await protocol.provision(addon.plan_id, self._accounted())
            addon.status = "provisioned"
        except ActivityError as error:
            failure = failure_of(error)
            message = (
                f"SFT refused add-on {addon.plan_id} on endpoint {self._subscription.endpoint_id} "
                f"({failure.message if failure else error}); send the purchase again once SFT knows the plan, or buy "
                "another one under a purchase_id of its own"
            )
            addon.error = AddonError(type=ADDON_REJECTED, message=message)
            addon.status = "failed"
        except ApplicationError as failure:
            addon.error = AddonError(type=SFT_UNAVAILABLE, message=failure.message)
            addon.status = "failed"
        finally:
            self._watch(protocol.doubts)
        self._state.queue.remove(addon.purchase_id)
        self._tell("")

    async def _remove_surplus(self, watch: Watch) -> None:
        """One look for late instances. A removal that SFT will not do is left to the next: purchases come first."""
        try:
            await self._remove(watch.doubt, time_limit=SURPLUS)
        except ApplicationError as failure:
            workflow.logger.warning("surplus add-ons not removed yet: %s", failure.message)
        self._tell("")
        watch.due = workflow.now() + (workflow.now() - watch.since)
        if watch.doubt.count == 0 or watch.due > watch.since + WATCH:
            self._state.watches.remove(watch)

    async def _close(self, reason: str) -> Subscription:
        """Leaves the endpoint suspended, and never to be claimed again."""
        self._tell(f"Closing: {reason}")
        await self._suspend()
        for watch in self._state.watches:
            await self._remove_late_instances(watch.doubt)
        self._fail_purchases(reason)
        self._subscription.status = "closed"
        late = self._state.late_until is not None and workflow.now() < self._state.late_until
        doubts = [watch.doubt for watch in self._state.watches]
        await self._outlast(doubts, self._state.late_activations if late else 0)
        self._tell(f"Closed: {reason}")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._subscription

    # What the above is made of.

    def _accept(self, purchase: AddonPurchase) -> Addon:
        """The add-on of this purchase: a new one, the known one as it stands, or a failed one to be tried again."""
        addon = self._by_purchase.get(purchase.purchase_id)
        if addon is None:
            addon = Addon.model_validate(purchase.model_dump())
            self._subscription.addons.append(addon)
            self._by_purchase[addon.purchase_id] = addon
            self._state.queue.append(addon.purchase_id)
        elif addon.status == "failed":
            addon.status, addon.error = "pending", None
            self._state.queue.append(addon.purchase_id)
        if self._over:
            self._fail_purchases(self._over)
        self._show()
        return addon

    def _fail_purchases(self, reason: str) -> None:
        """Fails those that are pending, and from now on every one that comes in."""
        self._over = reason
        message = f"not provisioned on {self._subscription.subscription_id} ({reason}); buy it for another eSIM"
        for addon in self._subscription.addons:
            if addon.status == "pending":
                addon.status = "failed"
                addon.error = AddonError(type=CANCELLED, message=message)
        self._state.queue.clear()

    def _accounted(self) -> list[str]:
        return [addon.unique_id for addon in self._subscription.addons if addon.unique_id]

    def _watch(self, doubts: list[Doubt]) -> None:
        """Watches one doubt a plan: whose a late instance is can not be told, only how many of them there are."""
        for doubt in doubts:
            for watch in [watch for watch in self._state.watches if watch.doubt.plan_id == doubt.plan_id]:
                self._state.watches.remove(watch)
                earlier = watch.doubt
                doubt.before, doubt.removing = earlier.before, earlier.removing
                doubt.count += earlier.count
            due = workflow.now() + timedelta(seconds=doubt.settle_seconds)
            self._state.watches.append(Watch(doubt=doubt, since=workflow.now(), due=due))

    def _due_watches(self) -> list[Watch]:
        return [] if self._state.queue else [w for w in self._state.watches if w.due <= workflow.now()]

    async def _remove(self, doubt: Doubt, time_limit: timedelta | None = None) -> None:
        """Removes what SFT made late. Which instances go is in the history before the first of them is removed."""
        look = await self._look(f"Look for late instances of add-on {doubt.plan_id}")
        there = [addon.unique_id for addon in look.addons if addon.plan_id == doubt.plan_id]
        self._removed(doubt, [unique_id for unique_id in doubt.removing if unique_id not in there])
        known = {*doubt.before, *self._accounted()}
        doubt.removing = [unique_id for unique_id in there if unique_id not in known][: doubt.count]
        if doubt.removing:
            removal = Surplus(endpoint_id=self._subscription.endpoint_id, unique_ids=doubt.removing)
            summary = f"Remove late instances of add-on {doubt.plan_id}"
            await patiently(AddonActivities.remove_surplus, removal, summary, self._tell, time_limit=time_limit)
            self._removed(doubt, doubt.removing)

    def _removed(self, doubt: Doubt, unique_ids: list[str]) -> None:
        self._subscription.surplus_removed.extend(unique_ids)
        doubt.count -= len(unique_ids)
        doubt.removing = []
        self._show()

    async def _look(self, summary: str) -> EndpointLook:
        endpoint = Endpoint(endpoint_id=self._subscription.endpoint_id)
        return await patiently(AddonActivities.look_at_endpoint, endpoint, summary, self._tell, time_limit=None)

    async def _suspend(self) -> None:
        suspension = Suspension(endpoint_id=self._subscription.endpoint_id)
        summary = f"Suspend endpoint {suspension.endpoint_id}"
        await patiently(EsimActivities.suspend_esim, suspension, summary, self._tell, time_limit=None)

    def _should_continue_as_new(self) -> bool:
        return workflow.info().is_continue_as_new_suggested() and workflow.all_handlers_finished()

    def _tell(self, doing: str) -> None:
        self._doing = doing
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(details_of(self._subscription, self._doing))
