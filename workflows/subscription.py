"""One eSIM of one traveler, for as long as it lives: the claim on its endpoint, and every add-on bought for it."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contract.addon import Addon
    from contract.esim import ProvisionedEsim
    from contract.order import LifecycleOrder, Refund, RefundOrder, RemovalOrder, ResendOrder
    from contract.profile import ProfileReport
    from contract.purchase import AddonPurchase, PurchaseReference
    from contract.restoration import Restoration
    from contract.sale_entry import PurchasesFrom
    from contract.subscription import Naming, Subscription
    from temporal.reset import Reset
    from workflows.addon_queue import AddonQueue
    from workflows.after_reset import AfterReset
    from workflows.awaited_sale import AwaitedSale
    from workflows.cancellation import even_if_cancelled, finish_before_cancel
    from workflows.closing import Closing
    from workflows.handover import GiveBack, HandOver
    from workflows.late_effects import LateEffects
    from workflows.next_run import NextRun
    from workflows.orders import LifecycleOrders
    from workflows.part import Shared
    from workflows.profile import Profile
    from workflows.refunds import Refunds
    from workflows.removals import Removals
    from workflows.resending import Resending
    from workflows.restoring import Restoring
    from workflows.set_aside import SetAsideSignals
    from workflows.state import StatusChange, SubscriptionState
    from workflows.timer import beside, keep_looking
    from workflows.unsold import UnsoldEndpoint
    from workflows.usage_watch import UsageWatch


@workflow.defn
class TravelerSubscriptionWorkflow:
    """Holds an endpoint for a traveler. Its workflow id is the lock: the server lets only one exist per endpoint.

    It ends ``Failed`` with type ``Released`` if the endpoint may be claimed again, and ``Completed`` if it may not: the
    claim is a start that the server allows only where the last run of this id has failed.
    """

    @workflow.init
    def __init__(self, state: SubscriptionState | None = None) -> None:
        self._state = state = SubscriptionState.required(state, workflow.info().workflow_id)
        self.reset, self._subscription = Reset(), state.subscription
        shared = Shared(state)
        self._display, self._purchases, self._callers = shared.display, shared.purchases, shared.callers
        self._events, self.set_aside = shared.events, SetAsideSignals(shared).kept  # temporal/input_check.py finds it
        self._usage, self._profile = UsageWatch(shared), Profile(shared)
        self._removals = Removals(shared, self._usage)
        self._late_effects = LateEffects(shared)
        self._unsold, self._closing = UnsoldEndpoint(shared, self._late_effects), Closing(shared, self._late_effects)
        self._orders = LifecycleOrders(shared, self._late_effects, self._closing)
        self._next_run = NextRun(shared, self._usage, self._late_effects)
        self._refunds = Refunds(shared, self._late_effects, self._usage, self._removals, self._closing)
        self._queue = AddonQueue(shared, self._late_effects, self._usage)
        self._sale = AwaitedSale(shared, self._late_effects, self._usage)
        self._resending = Resending(shared, self._orders)
        self._restoring = Restoring(shared, self._late_effects, self._queue)
        self.after_reset = AfterReset(shared).take_up
        self._display.refresh()

    @workflow.run
    async def run(self, state: SubscriptionState | None = None) -> Subscription:
        """The subscription as it was in the end: closed, or quarantined because it could not be sold."""
        self._restoring.begin()  # only where an earlier run was ended from outside
        looking = keep_looking(self._state, self._sale.look_at_owner, self._usage.watch)
        async with beside(looking, self._events.keep_sending()):  # purchases wait for neither
            try:
                if given_back := await self._sale.until_over():
                    return await even_if_cancelled(self._unsold.clean_up(given_back))
                await self._restoring.check()
                while not self._state.is_cancel_requested:
                    if self._subscription.status == "closed":
                        return await even_if_cancelled(self._closing.wind_down())
                    await self._wait_for_work()
                    if self._next_run.may_begin:
                        self._next_run.begin()
                    await self._do_next()
            except asyncio.CancelledError:
                self._state.is_cancel_requested = True
            return await even_if_cancelled(self._closing.close_cancelled())

    async def _wait_for_work(self) -> None:
        due = min((due for due in (self._late_effects.due_at(), self._queue.due_at()) if due), default=None)
        with suppress(TimeoutError):
            await workflow.wait_condition(
                self._is_there_work,
                timeout=max(due - workflow.now(), timedelta(0)) if due else None,
                timeout_summary="Look for what SFT did late, or try again",
            )
        if self._next_run.is_wanted:
            self._events.pause()  # calls back what is under way: once nothing is, it may continue as new
        else:
            self._events.resume()

    def _is_there_work(self) -> bool:
        is_ready = self._state.is_ordered or self._queue.is_ready or self._next_run.may_begin
        return is_ready or self._next_run.is_wanted != self._events.is_paused

    async def _do_next(self) -> None:
        """An order, or else the next purchase, or else what SFT did late: nothing else acts on the endpoint."""
        if self._state.changes:
            await self._orders.carry_out_next()
        elif self._state.removals:
            await self._removals.carry_out_next()
        elif self._state.refunding:
            await self._refunds.carry_out()
        elif self._queue.is_ready:
            await self._queue.provision_next()
        elif (due := self._late_effects.due_at()) and due <= workflow.now():
            await finish_before_cancel(self._late_effects.look())
            self._display.set_details("")

    # What portals ask.

    @workflow.query
    def subscription(self) -> Subscription:
        """The subscription as it stands."""
        return self._subscription

    @workflow.query
    def addon(self, reference: PurchaseReference) -> Addon | None:
        """The add-on that was bought under a purchase_id, also long ago; None if none was."""
        return self._purchases.find(reference.purchase_id)

    @workflow.query
    def purchases(self, wanted: PurchasesFrom) -> Subscription:
        """The subscription with some of all its purchases, also of long ago; ``archived`` is how many follow them."""
        return self._subscription.model_copy(update=self._purchases.page(wanted.start))

    @workflow.query
    def esim(self) -> ProvisionedEsim | None:
        """What was sold, for as long as Temporal knows this workflow; None before the sale, and where it was not."""
        return self._purchases.esim()

    @workflow.query
    def last_state(self) -> SubscriptionState:
        """What another run can go on from, should this one be ended from outside."""
        return self._state

    @workflow.query
    def restoration(self) -> Restoration | None:
        """What was found when it was restored; None if it never was."""
        return self._state.restored

    # What portals send.

    @workflow.signal
    def addon_purchased(self, purchase: AddonPurchase) -> None:
        """Buys an add-on; a purchase that is known already, or that contradicts a known one, changes nothing."""
        self._queue.take_signalled(purchase)

    @workflow.signal
    def suspend_requested(self, order: LifecycleOrder) -> None:
        """``suspend`` for which nobody waits, as it can be sent to thousands."""
        self._orders.take_signalled(StatusChange.ordered("suspended", order))

    @workflow.signal
    def resume_requested(self, order: LifecycleOrder) -> None:
        """``resume`` for which nobody waits."""
        self._orders.take_signalled(StatusChange.ordered("active", order))

    @workflow.signal
    def close_requested(self, order: LifecycleOrder) -> None:
        """``close`` for which nobody waits."""
        self._orders.take_signalled(StatusChange.ordered("closed", order))

    @workflow.signal
    def look_soon(self, _nothing: object = None) -> None:
        """Something may have happened to the eSIM: reads its usage within a minute, if it is sold and not closed."""
        if self._state.is_sold:
            self._usage.look_soon()

    @workflow.signal
    def profile_changed(self, report: ProfileReport) -> None:
        """SFT says what became of the eSIM's profile on a device: shows it, and reads usage within a minute, too."""
        self._profile.take(report)
        self.look_soon()

    @workflow.update
    async def purchase_addon(self, purchase: AddonPurchase) -> Addon:
        """Buys an add-on and answers once it is provisioned; on a suspended eSIM, or where others wait already, with
        it as ``pending``.

        Raises:
            ApplicationError: ``InvalidRequest`` if the purchase_id is known with another plan or product; the failure
                of the add-on (``AddonRejected``, ``SftUnavailable``, ``Cancelled``) if it could not be provisioned.
        """
        return await self._queue.wait_for(purchase)

    @purchase_addon.validator
    def _refuse_purchase(self, purchase: AddonPurchase) -> None:
        self._queue.refuse(purchase)

    @workflow.update
    async def refresh_usage(self, _nothing: object = None) -> Subscription:
        """Reads the usage of all add-ons, once for all who ask meanwhile.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if SFT does not answer; the last
                reading stands.
        """
        await self._usage.refresh()
        return self._subscription

    @refresh_usage.validator
    def _refuse_refresh(self, _nothing: object = None) -> None:
        self._orders.refuse_unless_sold()
        self._callers.refuse_if_many()

    @workflow.update
    async def suspend(self, order: LifecycleOrder) -> Subscription:
        """Suspends the eSIM at SFT: it carries no traffic, and purchases wait until it is resumed."""
        await self._orders.wait_for(StatusChange.ordered("suspended", order))
        return self._subscription

    @workflow.update
    async def resume(self, order: LifecycleOrder) -> Subscription:
        """Activates the eSIM again, and provisions what was bought meanwhile."""
        await self._orders.wait_for(StatusChange.ordered("active", order))
        return self._subscription

    @suspend.validator
    @resume.validator
    def _refuse_order(self, order: LifecycleOrder) -> None:
        self._orders.refuse_unless_alive()

    @workflow.update
    async def close(self, order: LifecycleOrder) -> Subscription:
        """Suspends the eSIM for good: nothing can be bought for it any more, and nobody will get its endpoint."""
        await self._orders.wait_for(StatusChange.ordered("closed", order))
        return self._subscription

    @close.validator
    def _refuse_close(self, order: LifecycleOrder) -> None:
        self._orders.refuse_unless_sold()

    @workflow.update
    async def remove_addon(self, order: RemovalOrder) -> Addon:
        """Takes one add-on off the eSIM, and answers with it as ``removed``.

        Raises:
            ApplicationError: ``AddonRejected`` if SFT refuses, ``SftUnavailable`` if it does not answer for a day.
        """
        return await self._removals.wait_for(order)

    @remove_addon.validator
    def _refuse_removal(self, order: RemovalOrder) -> None:
        self._orders.refuse_unless_alive()
        self._removals.refuse(order)

    @workflow.update
    async def refund(self, order: RefundOrder) -> Refund:
        """Closes an eSIM that was never used, with nothing left on it, and says so; or says why it was used."""
        return await self._refunds.wait_for(order)

    @refund.validator
    def _refuse_refund(self, order: RefundOrder) -> None:
        if self._subscription.refund is None:
            self._orders.refuse_unless_alive()

    @workflow.update
    async def resend(self, order: ResendOrder) -> Subscription:
        """Mails the eSIM once more; answered at once, and how it goes is in ``delivery``."""
        return self._resending.take(order)

    @resend.validator
    def _refuse_resend(self, order: ResendOrder) -> None:
        self._resending.refuse(order)

    @workflow.update
    async def name_esim(self, naming: Naming) -> Subscription:
        """Keeps what the traveler calls it, and answers at once."""
        self._callers.count()
        self._subscription.name = naming.name
        return self._subscription

    @name_esim.validator
    def _refuse_name(self, naming: Naming) -> None:
        self._refuse_refresh(naming)

    # What ProvisionEsimWorkflow sends.

    @workflow.signal
    def hand_over(self, sale: HandOver) -> None:
        """The eSIM is sold: from here on this workflow is the one that acts on the endpoint."""
        self._sale.hand_over(sale)

    @workflow.signal
    def give_back(self, order: GiveBack) -> None:
        """The eSIM was not sold: this workflow cleans up what was done to the endpoint, and ends."""
        self._sale.give_back(order)
