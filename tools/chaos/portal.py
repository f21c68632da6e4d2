"""The portal of a run: sends every purchase twice, insists until it is taken, and remembers the answers."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, cast

from temporalio.client import (
    Client,
    RPCError,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.failure import CANCELLED
from contract.progress import Progress
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment, PurchaseReference
from contract.workflow_ids import PROVISION_TYPE, provision_id
from seller.addons import update_id
from tools.chaos.evidence import Sent, TakenOver
from tools.chaos.forces.crowd import crowd_in
from tools.chaos.forces.forgetting import forget_and_repeat
from tools.chaos.forces.record import Record
from tools.chaos.forces.repaying import give_back, take_off
from tools.chaos.forces.termination import terminate_and_restore
from tools.chaos.insist import insist
from tools.chaos.plan import PLANS, Delivery, Purchase, Traveler
from tools.chaos.questions import Questions
from tools.chaos.site import OWN

Run = WorkflowHandle[Any, ProvisionedEsim]

GO_ON: Final = {WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.TERMINATED}
"""Of a subscription that takes purchases, or will: what is terminated is restored."""

ENDED_UNSOLD: Final = {WorkflowExecutionStatus.FAILED, WorkflowExecutionStatus.CANCELED}


class Portal:
    """One portal for all travelers. Times are in seconds after the moment that it is made."""

    def __init__(self, client: Client, record: Record, task_queue: str = OWN.task_queue) -> None:
        self.task_queue = task_queue
        self.client = client
        self.record = record
        self.questions = Questions(client)
        self.sold: dict[str, ProvisionedEsim] = {}
        """What the portal was told that each first purchase has sold."""
        self.answers: Counter[str] = Counter()
        """What updates were answered with: ``provisioned``, or a failure type."""
        self.taken_over: list[TakenOver] = []
        self.deliveries = 0
        self._sent: dict[str, tuple[str, bool]] = {}
        self._accepted: set[str] = set()
        self._told: defaultdict[str, set[str]] = defaultdict(set)
        self._begin = time.monotonic()

    def sent(self) -> list[Sent]:
        """Every purchase that was sent so far."""
        return [
            Sent(purchase_id, traveler_id, first, purchase_id in self._accepted, frozenset(self._told[purchase_id]))
            for purchase_id, (traveler_id, first) in self._sent.items()
        ]

    async def serve(self, traveler: Traveler) -> None:
        """One traveler's purchases, from the first to the last delivery."""
        first = traveler.first
        await self.until(first.due)
        async with asyncio.TaskGroup() as group:
            starts = [group.create_task(self._deliver_first(traveler, delivery)) for delivery in first.deliveries]
            if traveler.cancel_after is not None:
                group.create_task(self._cancel_first(traveler, first.due + traveler.cancel_after))
            await starts[0]
            sold = await self._sale(traveler, starts)
            if sold is None:
                return
            for top_up in traveler.top_ups:
                for delivery in top_up.deliveries:
                    group.create_task(self.deliver_top_up(traveler.traveler_id, sold.subscription_id, top_up, delivery))
            if traveler.forgotten_after is not None:
                group.create_task(forget_and_repeat(self, traveler, sold, traveler.forgotten_after))
            if traveler.terminated_at is not None:
                group.create_task(terminate_and_restore(self, sold.subscription_id, traveler.terminated_at))
            if traveler.paid_back_at is not None:
                group.create_task(take_off(self, sold.subscription_id, first.purchase_id, traveler.paid_back_at))
            if traveler.given_back_at is not None:
                group.create_task(give_back(self, sold.subscription_id, traveler.given_back_at))
            if traveler.crowd is not None:
                group.create_task(crowd_in(self, traveler, sold.subscription_id, traveler.crowd))
            if traveler.leaves_at is not None:
                group.create_task(self._cancel(sold.subscription_id, traveler.leaves_at))

    async def repeat(self, traveler: Traveler) -> ProvisionedEsim:
        """What the first purchase is answered with when it is sent once more. Raises WorkflowFailureError."""
        await self._start(traveler)
        run: Run = self.client.get_workflow_handle(
            provision_id(traveler.first.purchase_id), result_type=ProvisionedEsim
        )
        return await insist(run.result)

    async def _deliver_first(self, traveler: Traveler, delivery: Delivery) -> None:
        await self.until(traveler.first.due + delivery.after)
        await self._start(traveler, careless=delivery.way == "careless_start")

    async def _start(self, traveler: Traveler, *, careless: bool = False) -> None:
        first = traveler.first
        reuse, conflict = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY, WorkflowIDConflictPolicy.USE_EXISTING
        if careless:
            reuse, conflict = WorkflowIDReusePolicy.ALLOW_DUPLICATE, WorkflowIDConflictPolicy.UNSPECIFIED
        purchase = EsimPurchase(
            purchase_id=first.purchase_id,
            product=first.product,
            plan_id=first.plan_id,
            traveler_id=traveler.traveler_id,
        )
        self._note(traveler.traveler_id, first, is_first=True)
        try:
            await insist(
                lambda: self.client.start_workflow(
                    PROVISION_TYPE,
                    purchase,
                    id=provision_id(first.purchase_id),
                    task_queue=self.task_queue,
                    id_reuse_policy=reuse,
                    id_conflict_policy=conflict,
                )
            )
        except WorkflowAlreadyStartedError:
            self.answers["already started"] += 1
        self._accepted.add(first.purchase_id)

    async def _sale(self, traveler: Traveler, starts: Sequence[asyncio.Task[None]]) -> ProvisionedEsim | None:
        """Watches the first purchase; None if it stays unsold."""
        first, cancel_at = traveler.first, traveler.cancel_at
        run: Run = self.client.get_workflow_handle(provision_id(first.purchase_id), result_type=ProvisionedEsim)
        while True:
            status = (await insist(run.describe)).status
            over = all(start.done() for start in starts)
            if status == WorkflowExecutionStatus.COMPLETED:
                sold = await insist(run.result)
                self._told[first.purchase_id].add(sold.addon.unique_id or "nothing")
                self.sold[first.purchase_id] = sold
                return sold
            if status in ENDED_UNSOLD and over:
                if traveler.walks_away:
                    return None
                await self._start(traveler)
            progress = await progress_of(run) if status == WorkflowExecutionStatus.RUNNING else None
            if progress and progress.step == cancel_at:
                cancel_at = None
                await self._cancel_first(traveler)
            elif progress and progress.step == "needs_attention":
                if traveler.reaction == "leave" and over:
                    return None
                await self._react(traveler, run)
            await asyncio.sleep(1)

    async def _react(self, traveler: Traveler, run: Run) -> None:
        if traveler.reaction == "cancel":
            await self._cancel_first(traveler)
        if traveler.reaction == "amend":
            product = traveler.first.product
            amendment = PlanAmendment(product=product, plan_id=PLANS[product])
            try:
                await insist(lambda: run.execute_update("amend_plan", amendment))
            except (WorkflowUpdateFailedError, RPCError):
                self.answers["amended too late"] += 1

    async def deliver_top_up(
        self, traveler_id: str, subscription_id: str, top_up: Purchase, delivery: Delivery
    ) -> None:
        """One delivery of a top-up, however often it has to be tried."""
        await self.until(top_up.due + delivery.after)
        self._note(traveler_id, top_up, is_first=False)
        subscription = self.client.get_workflow_handle(subscription_id)
        purchase = AddonPurchase(purchase_id=top_up.purchase_id, product=top_up.product, plan_id=top_up.plan_id)
        while True:
            try:
                if delivery.way == "addon_purchased":
                    await insist(lambda: subscription.signal("addon_purchased", purchase))
                    self._accepted.add(top_up.purchase_id)
                else:
                    await self._buy(subscription, purchase)
            except RPCError:
                if (await insist(subscription.describe)).status in GO_ON:
                    await asyncio.sleep(0.5)
                    continue
                self.answers["subscription has ended"] += 1
            return

    async def buy_addon(self, traveler: Traveler, subscription: WorkflowHandle[Any, Any], bought: Purchase) -> str:
        """What update ``purchase_addon`` is answered with: the status of the add-on, or a failure type."""
        self._note(traveler.traveler_id, bought, is_first=False)
        purchase = AddonPurchase(purchase_id=bought.purchase_id, product=bought.product, plan_id=bought.plan_id)
        return await self._buy(subscription, purchase)

    async def _buy(self, subscription: WorkflowHandle[Any, Any], purchase: AddonPurchase) -> str:
        """A closed subscription refuses: that was not taken, which the portal is told and nobody else remembers."""
        reference = PurchaseReference(purchase_id=purchase.purchase_id)
        wanted = cast("type[Addon | None]", Addon | None)
        known = await self.questions.ask(subscription, "addon", reference, result_type=wanted)
        own_id = update_id(purchase.purchase_id, known)
        try:
            addon = await insist(
                lambda: subscription.execute_update("purchase_addon", purchase, id=own_id, result_type=Addon),
            )
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            answer = (isinstance(cause, ApplicationError) and cause.type) or str(cause)
        else:
            answer = addon.status
            if addon.status != "pending":
                self._told[purchase.purchase_id].add(addon.unique_id or "nothing")
        self.answers[answer] += 1
        if answer != CANCELLED:
            self._accepted.add(purchase.purchase_id)
        return answer

    async def _cancel_first(self, traveler: Traveler, due: float = 0) -> None:
        """Cancels the first purchase, and in some cases once more while it gives back what it held."""
        workflow_id = provision_id(traveler.first.purchase_id)
        await self._cancel(workflow_id, due)
        if traveler.cancel_again is not None:
            await asyncio.sleep(traveler.cancel_again)
            status = (await insist(self.client.get_workflow_handle(workflow_id).describe)).status
            await self._cancel(workflow_id)
            self.record.happened["purchases cancelled twice"] += status == WorkflowExecutionStatus.RUNNING

    async def _cancel(self, workflow_id: str, due: float = 0) -> None:
        await self.until(due)
        try:
            await insist(self.client.get_workflow_handle(workflow_id).cancel)
        except RPCError:
            self.answers["cancelled too late"] += 1

    def _note(self, traveler_id: str, purchase: Purchase, *, is_first: bool) -> None:
        self.deliveries += 1
        self._sent[purchase.purchase_id] = traveler_id, is_first

    async def until(self, due: float) -> None:
        """Waits until so many seconds after the beginning."""
        await asyncio.sleep(max(0.0, self._begin + due - time.monotonic()))


async def progress_of(run: WorkflowHandle[Any, Any]) -> Progress | None:
    """What the run answers to query ``progress`` within ten seconds, while workers come and go."""
    try:
        progress: Progress = await run.query("progress", result_type=Progress, rpc_timeout=timedelta(seconds=10))
    except (RPCError, WorkflowQueryFailedError):
        return None
    return progress
