"""A first purchase, from payment to installable eSIM: find eSIM, activate, provision add-on, deliver."""

import asyncio
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)
from temporalio.types import MethodSyncSingleParam
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.addons import AddonActivities
    from activities.deliveries import DeliveryActivities
    from activities.esims import EsimActivities
    from activities.messages import (
        ACTIVE,
        SUSPENDED,
        Delivery,
        Endpoint,
        EndpointLook,
        EsimSearch,
        FoundEsim,
        Owner,
    )
    from contract.addon import Addon
    from contract.esim import AvailableEsim, FirstAddon, ProvisionedEsim, provision_id
    from contract.failure import (
        ACTIVATION_REJECTED,
        ADDON_REJECTED,
        INVALID_REQUEST,
        NO_ESIM_AVAILABLE,
        SFT_AUTHENTICATION_FAILED,
    )
    from contract.progress import Progress, Step
    from contract.purchase import EsimPurchase, PlanAmendment
    from contract.subscription import Subscription, subscription_id
    from workflows.addon_protocol import AddonProtocol
    from workflows.cancellation import even_if_cancelled, finished
    from workflows.counting import count_failed_sale, count_sale, count_unanswered
    from workflows.finding import PURCHASE_STEP, search_attributes_of
    from workflows.handover import GiveBack, HandOver
    from workflows.outcome import Outcome, failure_of, outcome_of, type_of, words_of
    from workflows.policies import ACTIVATION_PAUSE, AMENDMENT, DELIVERY, ONCE, OUTAGE, STOCK
    from workflows.sft_calls import call, growing_pause, patiently, sft_unavailable
    from workflows.state import SubscriptionState
    from workflows.subscription import TravelerSubscriptionWorkflow


SOLD_BEFORE: Final = "An earlier run completed this purchase: its result stands, nothing was sold again."

MOST_ESIMS: Final = 5
"""How many eSIMs are tried before an activation that SFT refuses is taken for more than one bad eSIM."""

USED_BEFORE: Final = {ACTIVE, SUSPENDED}
"""States that an endpoint can only have reached by somebody else's hand before our first request."""

STUCK: Final[tuple[Step, ...]] = ("waiting_for_stock", "needs_attention")
"""Steps in which a purchase waits for people: they are told how many do."""

HOW_TO_AMEND: Final = "Send update amend_plan with the right product and plan_id, or cancel this run."

REMEMBERED: Final = 20
"""How many endpoints that were lost to rivals or set aside a purchase keeps in mind when it looks again."""

Message = TypeVar("Message", HandOver, GiveBack)
Claim = ChildWorkflowHandle[TravelerSubscriptionWorkflow, Subscription]


class NotOursError(Exception):
    """The endpoint cannot be sold: SFT refuses to activate it, or somebody else had it before."""


@workflow.defn
class ProvisionEsimWorkflow:
    """Sells one eSIM with one add-on to one traveler, once."""

    def __init__(self) -> None:
        self._progress = Progress(step="finding_esim", detail="Looking for an available eSIM.")
        self._lost: list[str] = []
        self._found: FoundEsim | None = None
        self._is_listed = False
        """Whether visibility is known to list this run: that is where a repeat of the purchase will find it."""
        self._look: EndpointLook | None = None
        self._claim: Claim | None = None
        self._claimed: tuple[AvailableEsim, EsimPurchase] | None = None
        self._activated: Literal["no", "unanswered", "yes"] = "no"
        self._late_activations = 0
        self._cleaned_up: set[str] = set()
        self._protocol: AddonProtocol | None = None
        self._amendment: PlanAmendment | None = None
        self._visible_step: Step | None = None

    @workflow.run
    async def run(self, purchase: EsimPurchase) -> ProvisionedEsim:
        try:
            _refuse_another_workflow_id(purchase)
            if earlier := await self._look_and_recall(purchase):
                return earlier
            esim = await self._find_and_activate(purchase)
            addon = await self._provision_addon(esim, purchase)
        except (FailureError, asyncio.CancelledError) as failure:
            await self._fail(failure)
            count_failed_sale(failure)
            raise
        # The traveler has the add-on: a cancellation comes too late now.
        return await even_if_cancelled(self._hand_over_and_deliver(esim, addon, purchase))

    @workflow.query
    def progress(self) -> Progress:
        """How far the purchase has come, in the words of the contract."""
        return self._progress

    @workflow.update
    async def amend_plan(self, amendment: PlanAmendment) -> Progress:
        """Provisions another plan instead of the one that SFT refused; accepted only at ``needs_attention``."""
        self._amendment = amendment
        self._say("provisioning_addon", f"Amended: trying add-on {amendment.plan_id} instead.")
        return self._progress

    @amend_plan.validator
    def _only_what_needs_attention(self, amendment: PlanAmendment) -> None:
        if self._progress.step != "needs_attention":
            raise ApplicationError(
                f"nothing to amend: this purchase is at {self._progress.step}, not at needs_attention",
                type=INVALID_REQUEST,
            )

    @workflow.signal
    def cleaned_up(self, subscription_id: str) -> None:
        """What this run gave back has been put in order, as far as SFT's answers go."""
        self._cleaned_up.add(subscription_id)

    async def _look_and_recall(self, purchase: EsimPurchase) -> ProvisionedEsim | None:
        """What an earlier run of this purchase sold. If there was none, the first eSIM to claim is known then."""
        search = EsimSearch(purchase=purchase)
        found = await patiently(EsimActivities.find_esim, search, "Find an available eSIM", self._tell)
        if found.earlier is None:
            self._found, self._is_listed = found, found.is_run_listed
            return None
        self._say("completed", SOLD_BEFORE)
        return found.earlier

    async def _find_and_activate(self, purchase: EsimPurchase) -> AvailableEsim:
        deadline = workflow.now() + timedelta(seconds=purchase.stock_wait_or_default)
        reasons: list[str] = []
        while len(reasons) < MOST_ESIMS:
            esim = await self._find_and_claim(purchase, deadline)
            try:
                await self._activate(esim.endpoint_id)
                return esim
            except NotOursError as reason:
                reasons.append(str(reason))
                await self._set_aside(esim.endpoint_id, str(reason))
        raise ApplicationError(
            f"None of {MOST_ESIMS} eSIMs could be activated, the last because {reasons[-1]}; they are quarantined. Ask "
            "SFT what is wrong with them, then start the purchase again",
            type=ACTIVATION_REJECTED,
            non_retryable=True,
        )

    async def _find_and_claim(self, purchase: EsimPurchase, deadline: datetime) -> AvailableEsim:
        while True:
            esim = await self._find(deadline)
            if await finished(self._start_subscription(esim, purchase)):
                return esim
            self._lost = [*self._lost, esim.endpoint_id][-REMEMBERED:]

    async def _find(self, deadline: datetime) -> AvailableEsim:
        search = EsimSearch(avoid=self._lost)
        while True:
            self._say("finding_esim", "Looking for an available eSIM.")
            found, self._found = self._found, None
            if found is None:
                found = await patiently(EsimActivities.find_esim, search, "Find an available eSIM", self._tell)
            if found.esim is not None:
                return found.esim
            self._say(
                "waiting_for_stock", f"SFT has no eSIM available: looking again until {deadline:%-d %b %Y, %H:%M} UTC."
            )
            found = await self._wait_for_stock(search, deadline)
            if found.esim is not None:
                return found.esim

    async def _wait_for_stock(self, search: EsimSearch, deadline: datetime) -> FoundEsim:
        time_left = deadline - workflow.now()
        try:
            if time_left > timedelta(0):
                return await call(
                    EsimActivities.wait_for_stock,
                    search,
                    STOCK,
                    "Wait for an eSIM to come into stock",
                    time_limit=time_left,
                )
        except ActivityError as error:
            if type_of(error) == SFT_AUTHENTICATION_FAILED:
                return FoundEsim()  # looking again will say so, and wait for the operator
        raise ApplicationError(
            "SFT had no eSIM available for as long as this purchase could wait; order eSIMs from SFT, then start the "
            "purchase again",
            type=NO_ESIM_AVAILABLE,
            non_retryable=True,
        )

    async def _start_subscription(self, esim: AvailableEsim, purchase: EsimPurchase) -> bool:
        """Claims the endpoint: the server lets only one subscription of this id exist. False if a rival has it."""
        info = workflow.info()
        owner = Owner(workflow_id=info.workflow_id, run_id=info.run_id)
        state = SubscriptionState.claimed(esim, purchase, owner, workflow.now())
        try:
            self._claim = await workflow.start_child_workflow(
                TravelerSubscriptionWorkflow.run,
                state,
                id=subscription_id(esim.endpoint_id),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                parent_close_policy=ParentClosePolicy.ABANDON,
                cancellation_type=ChildWorkflowCancellationType.ABANDON,
                search_attributes=search_attributes_of(state.subscription, state.found_as),
                static_summary=f"eSIM of traveler {purchase.traveler_id} on endpoint {esim.endpoint_id}",
            )
        except WorkflowAlreadyStartedError:
            return False
        self._claimed = (esim, purchase)
        return True

    async def _activate(self, endpoint_id: str) -> None:
        began = workflow.now()
        deadline = began + OUTAGE
        while workflow.now() < deadline:
            self._say("activating", f"Activating endpoint {endpoint_id}.", endpoint_id)
            try:
                await finished(self._request_activation(endpoint_id))
                return
            except ActivityError as error:
                outcome = outcome_of(error)
                if outcome is Outcome.REJECTED:
                    raise NotOursError(words_of(error)) from error
            began_to_look = workflow.now()
            active = await self._turns_out_active(endpoint_id)
            if outcome is Outcome.UNANSWERED:
                count_unanswered("EndPointLifeCycleChange", "done" if active else "sent_again")
            if active:
                return
            deadline += workflow.now() - began_to_look  # the look has a limit of its own, and none for the operator
            pause = max(ACTIVATION_PAUSE, growing_pause(began))
            await workflow.sleep(pause, summary="Not active: pause, then request it again")
        raise sft_unavailable(f"Activate endpoint {endpoint_id}", OUTAGE)

    async def _request_activation(self, endpoint_id: str) -> None:
        """One request, and what it says about whose activation this is.

        Once a request of ours may have been done, an endpoint that was active before is one that we activated. Before
        that, it is a stranger's.
        """
        earlier = self._activated
        self._activated = "unanswered"
        try:
            activation = await call(
                EsimActivities.activate_esim,
                Endpoint(endpoint_id=endpoint_id),
                ONCE,
                f"Activate endpoint {endpoint_id}",
            )
        except ActivityError as error:
            if outcome_of(error) is Outcome.UNANSWERED:
                self._late_activations += 1
            else:
                self._activated = earlier
            raise
        if earlier == "no" and activation.previous_status in USED_BEFORE:
            self._activated = "no" if activation.previous_status == ACTIVE else "yes"
            raise NotOursError(
                f"endpoint {endpoint_id} was {activation.previous_status} before our first request: somebody else's"
            )
        self._activated, self._look = "yes", activation.look

    async def _turns_out_active(self, endpoint_id: str) -> bool:
        look = await patiently(
            AddonActivities.look_at_endpoint,
            Endpoint(endpoint_id=endpoint_id),
            f"Look whether endpoint {endpoint_id} was activated",
            self._tell,
        )
        if self._activated == "unanswered" and look.status == ACTIVE:
            self._activated = "yes"
            self._late_activations -= 1
        return self._activated == "yes"

    async def _provision_addon(self, esim: AvailableEsim, purchase: EsimPurchase) -> Addon:
        self._protocol = AddonProtocol(esim.endpoint_id, self._tell)
        addon = Addon(purchase_id=purchase.purchase_id, product=purchase.product, plan_id=purchase.plan_id)
        while True:
            self._say("provisioning_addon", f"Provisioning add-on {addon.plan_id} on endpoint {esim.endpoint_id}.")
            try:
                look, self._look = self._look, None
                unique_id = await self._protocol.provision(
                    addon.plan_id, look=look, asks_whether_listed=not self._is_listed
                )
                self._is_listed = self._is_listed or self._protocol.is_run_listed
                return addon.model_copy(update={"unique_id": unique_id, "status": "provisioned"})
            except ActivityError as error:
                amendment = await self._amended(esim.endpoint_id, addon, error)
                addon = addon.model_copy(update=amendment.model_dump())

    async def _amended(self, endpoint_id: str, addon: Addon, error: ActivityError) -> PlanAmendment:
        """Waits for a person to say which plan it should have been."""
        refusal = f"SFT refused add-on {addon.plan_id} on endpoint {endpoint_id} ({words_of(error)})"
        self._say("needs_attention", f"{refusal}. {HOW_TO_AMEND}")
        self._amendment = None
        try:
            await workflow.wait_condition(
                lambda: self._amendment is not None,
                timeout=AMENDMENT,
                timeout_summary="Wait for amend_plan or cancellation",
            )
        except TimeoutError:
            raise ApplicationError(
                f"{refusal}, and nobody amended the plan within 24 hours; the endpoint is given back. Correct the "
                "mapping of products to plans, then start the purchase again",
                type=ADDON_REJECTED,
                non_retryable=True,
            ) from None
        assert self._amendment is not None
        return self._amendment

    async def _hand_over_and_deliver(
        self, esim: AvailableEsim, addon: Addon, purchase: EsimPurchase
    ) -> ProvisionedEsim:
        assert self._claim is not None
        assert self._protocol is not None
        sale = HandOver(
            addon=addon,
            doubts=self._protocol.doubts,
            late_activations=self._late_activations,
            channels=self._protocol.channels,
        )
        await self._tell_subscription(TravelerSubscriptionWorkflow.hand_over, sale)
        self._say("delivering", f"Delivering the eSIM of endpoint {esim.endpoint_id}.")
        delivery = await self._deliver(esim, purchase) if purchase.email or not self._is_listed else {}
        self._say("completed", f"The eSIM of endpoint {esim.endpoint_id} can be installed.")
        count_sale(workflow.now() - workflow.info().workflow_start_time)
        return ProvisionedEsim(
            subscription_id=self._claim.id,
            traveler_id=purchase.traveler_id,
            endpoint_id=esim.endpoint_id,
            iccid=esim.iccid,
            msisdn=esim.msisdn,
            activation_code=esim.activation_code,
            addon=FirstAddon.model_validate(addon.model_dump(exclude={"usage"})),
            delivery=delivery,
        )

    async def _deliver(self, esim: AvailableEsim, purchase: EsimPurchase) -> dict[str, str]:
        """What became of each channel that was asked for. An e-mail that cannot be sent never fails a sale."""
        delivery = Delivery(
            purchase_id=purchase.purchase_id,
            product=purchase.product,
            iccid=esim.iccid,
            activation_code=esim.activation_code,
            email=purchase.email,
        )
        try:
            delivered = await call(
                DeliveryActivities.deliver_esim,
                delivery,
                DELIVERY,
                f"Deliver the eSIM of endpoint {esim.endpoint_id}",
            )
            return delivered.channels
        except ActivityError as error:
            failure = failure_of(error)
            reason = failure.message if failure else "the worker did not get to it in time"
            return {"email": f"not sent: {reason}"} if purchase.email else {}

    async def _set_aside(self, endpoint_id: str, reason: str) -> None:
        """Leaves an eSIM that cannot be sold to its subscription, which keeps everybody else from it."""
        await self._give_back("quarantine", reason)
        self._claim, self._activated, self._late_activations = None, "no", 0
        self._lost = [*self._lost, endpoint_id][-REMEMBERED:]

    async def _fail(self, failure: BaseException) -> None:
        """Gives back what this run holds, and ends only when that is done."""
        reason = "cancelled" if is_cancelled_exception(failure) else str(failure)
        self._say("failed", f"Giving back what this purchase held: {reason}")
        if self._claim is not None:
            claim = await self._give_back("release", reason)
            await workflow.wait_condition(lambda: claim.done() or claim.id in self._cleaned_up)
        self._say("failed", f"Nothing was sold: {reason}")

    async def _give_back(self, verdict: Literal["release", "quarantine"], reason: str) -> Claim:
        back = GiveBack(
            verdict=verdict,
            reason=reason,
            activated=self._activated,
            doubts=self._protocol.doubts if self._protocol else [],
            late_activations=self._late_activations,
        )
        await self._tell_subscription(TravelerSubscriptionWorkflow.give_back, back)
        assert self._claim is not None
        return self._claim

    async def _tell_subscription(
        self, signal: MethodSyncSingleParam[TravelerSubscriptionWorkflow, Message, None], message: Message
    ) -> None:
        """Signals the subscription. One that an operator terminated is started again: the endpoint needs an owner."""
        assert self._claim is not None
        try:
            await self._claim.signal(signal, message)
        except ApplicationError:
            assert self._claimed is not None
            if not await self._start_subscription(*self._claimed):
                raise
            await self._claim.signal(signal, message)

    def _say(self, step: Step, detail: str, endpoint_id: str | None = None) -> None:
        endpoint_id = self._claim.id.removeprefix("subscription-") if self._claim else endpoint_id
        self._progress = Progress(step=step, endpoint_id=endpoint_id, detail=detail)
        workflow.set_current_details(f"**{step}**: {detail}")
        if step in STUCK:
            workflow.logger.warning("%s: %s", step, detail)
        if step != self._visible_step and (self._visible_step or step in STUCK):
            self._make_visible(step)

    def _make_visible(self, step: Step) -> None:
        """Lets purchases be found by their step, from when they are stuck: an ordinary sale is spared the action."""
        self._visible_step = step
        workflow.upsert_search_attributes([PURCHASE_STEP.value_set(step)])

    def _tell(self, detail: str) -> None:
        self._say(self._progress.step, detail)


def _refuse_another_workflow_id(purchase: EsimPurchase) -> None:
    """The workflow id is what makes a purchase unique: under another one it could be sold a second time."""
    expected = provision_id(purchase.purchase_id)
    if workflow.info().workflow_id != expected:
        raise ApplicationError(
            f"purchase {purchase.purchase_id} was started under workflow id {workflow.info().workflow_id}; start it "
            f"under {expected}",
            type=INVALID_REQUEST,
            non_retryable=True,
        )
