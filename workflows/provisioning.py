"""A first purchase, from payment to installable eSIM, by the four steps of SFT's guide: find eSIM, activate, provision
add-on, deliver."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.messages import FoundEsim, SetAsideMessages
    from activities.runs import RunActivities
    from contract.addon import Addon
    from contract.esim import AvailableEsim, FirstAddon, ProvisionedEsim
    from contract.failure import ACTIVATION_REJECTED, ADDON_REJECTED, INVALID_REQUEST, FailureType
    from contract.progress import HOW_TO_AMEND, HOW_TO_TRY_AGAIN, Progress, Step
    from contract.purchase import EsimPurchase, PlanAmendment
    from contract.time_limits import AMENDMENT
    from contract.workflow_ids import provision_id, purchase_id_of
    from temporal.reset import Reset
    from workflows.addon_protocol import AddonRefused
    from workflows.amendments import Amendments
    from workflows.cancellation import even_if_cancelled, finish_before_cancel
    from workflows.claim import EndpointClaim, NotSellable, claim_endpoint
    from workflows.counting import count_failed_sale, count_sale
    from workflows.esim_finder import EsimFinder
    from workflows.handover import CleanedUp
    from workflows.outcome import AccountRefuses
    from workflows.own_id import require_own_workflow_id
    from workflows.policies import LISTING
    from workflows.reset_sale import until_listed, what_was_sold
    from workflows.sale_display import SaleDisplay
    from workflows.set_aside import SetAside
    from workflows.sft_calls import call

SOLD_BEFORE: Final = "This purchase was sold before: that stands, and nothing was sold again."

ON_ITS_WAY: Final = "on its way"
NOT_SENT: Final = "not sent: the workers have no SMTP_URL"
"""What the result says of the mail, for which it does not wait."""

MOST_ESIMS: Final = 5
"""How many eSIMs in a row may turn out not to be sellable, each for another reason than the one before, until the
purchase fails."""

AMEND: Final = (
    "and nobody amended the plan within 24 hours; the endpoint is given back. Correct the mapping of products to "
    "plans, then start the purchase again"
)
ASK_SFT: Final = (
    "and nobody had it tried again within 24 hours; the endpoint is given back. Ask SFT why, then start the purchase "
    "again"
)


@workflow.defn
class ProvisionEsimWorkflow:
    """Sells one eSIM with one add-on to one traveler, once."""

    def __init__(self) -> None:
        self.reset = Reset()
        self._purchase: EsimPurchase | None = None
        self._display = SaleDisplay()
        self._finder = EsimFinder(self._set_step, self._set_details)
        self._claim: EndpointClaim | None = None
        self._amendments = Amendments()
        self._cleaned_up: set[str] = set()
        self.set_aside = SetAside(SetAsideMessages())  # by this name temporal/input_check.py finds it

    @workflow.run
    async def run(self, purchase: EsimPurchase) -> ProvisionedEsim:
        """What was sold: by an earlier run of this purchase, if there was one that did.

        Raises:
            ApplicationError: one of the failures of the contract, once what this run had claimed is given back.
        """
        self._purchase = purchase
        self.set_aside.learn(purchase.encrypted_with)
        try:
            require_own_workflow_id(f"purchase {purchase.purchase_id}", provision_id(purchase.purchase_id))
            found = await self._finder.look_once(purchase)  # a first eSIM, and whether this was sold before
            self._display.tell_about(purchase, found.channels)
            if found.earlier is not None:
                return self._sold_before(found.earlier)
            claim = await self._claim_and_activate(found, purchase)
            addon = await self._provision_addon(claim, purchase)
        except (FailureError, asyncio.CancelledError) as failure:  # SFT away for a day, refused, no stock, cancelled
            await even_if_cancelled(self._give_back(failure))
            raise
        # The traveler has the add-on: a cancellation comes too late now.
        return await even_if_cancelled(self._hand_over(claim, addon, purchase))

    async def after_reset(self) -> ProvisionedEsim:
        """What the run before sold, if it did. Otherwise it fails, and its subscription cleans up what was claimed."""
        await until_listed()
        return self._sold_before(await what_was_sold(self._purchase, self._finder, self._claim, self._display))

    def _sold_before(self, earlier: ProvisionedEsim) -> ProvisionedEsim:
        """A repeat of a purchase that was sold under the same workflow id: its result stands."""
        self._set_step("completed", SOLD_BEFORE)
        return earlier

    async def _claim_and_activate(self, found: FoundEsim, purchase: EsimPurchase) -> EndpointClaim:
        """The rest of step 1 of the guide, and step 2: the first eSIM that no rival has, and that SFT activates for us.

        An activation that is not answered is looked up before it is sent again; ``SftUnavailable`` after a day.
        """
        refusals: list[NotSellable] = []
        deadline = workflow.now() + timedelta(seconds=purchase.stock_wait_or_default)
        esim = await self._finder.wait_for_esim(deadline, found)
        while True:
            claim = await finish_before_cancel(self._claim_endpoint(esim, purchase, found.is_run_listed))
            if claim is not None:  # else a rival was faster
                try:
                    await self._activate(claim, refusals)
                    return claim
                except NotSellable as refusal:
                    refusals.append(refusal)
                    await finish_before_cancel(self._quarantine(claim, str(refusal)))
            if len(refusals) == MOST_ESIMS:
                raise _none_could_be_activated(str(refusals[-1]))
            esim = await self._finder.wait_for_another(deadline, than=esim)

    async def _claim_endpoint(
        self, esim: AvailableEsim, purchase: EsimPurchase, is_run_listed: bool
    ) -> EndpointClaim | None:
        # Kept in here, so that it is given back even if the run is cancelled in this very moment.
        self._claim = await claim_endpoint(esim, purchase, self._set_details, is_run_listed)
        return self._claim

    async def _activate(self, claim: EndpointClaim, refusals: list[NotSellable]) -> None:
        """Raises NotSellable if SFT refuses. If it did so alike just before, it is not the eSIM that is at fault: that
        is kept, and a person has to say that it is tried again.
        """
        while True:
            self._set_step("activating", f"Activating endpoint {claim.endpoint_id}.")
            try:
                return await claim.activate()
            except AccountRefuses as refusal:
                await self._wait_for_the_operator("activations", refusal)
            except NotSellable as refusal:
                if not refusals or not refusal.is_like(refusals[-1]):
                    raise
                words = f"SFT refused to activate two eSIMs in a row, and alike ({refusal})"
                how = f"That is the operator's matter, not this purchase's. {HOW_TO_TRY_AGAIN}"
                await self._wait_for_a_person(words, how, ACTIVATION_REJECTED, ASK_SFT)

    async def _quarantine(self, claim: EndpointClaim, reason: str) -> None:
        """Gives back an eSIM that cannot be sold: its subscription cleans up, and keeps everybody from it for good."""
        await claim.give_back("quarantine", reason)
        self._claim = None

    async def _provision_addon(self, claim: EndpointClaim, purchase: EsimPurchase) -> Addon:
        """Step 3 of the guide: looks what is there, sends once, and looks again if SFT does not answer (AddonProtocol).

        A plan that SFT refuses waits for a person to say which it should have been, and an eSIM that it does not
        activate again after a rest for one to say that it is tried again; ``SftUnavailable`` after a day.
        """
        addon = Addon(purchase_id=purchase.purchase_id, product=purchase.product, plan_id=purchase.plan_id)
        look = claim.first_look  # what was on the endpoint right after its activation: spares one more look
        while True:
            addon = self._amendments.amended(addon)
            what = f"add-on {addon.plan_id} on endpoint {claim.endpoint_id}"
            self._set_step("provisioning_addon", f"Provisioning {what}.")
            try:
                await claim.wake()
                unique_id = await claim.addons.provision(addon.plan_id, look=look)
                return addon.model_copy(update={"unique_id": unique_id, "status": "provisioned"})
            except AccountRefuses as refusal:
                await claim.rest()
                await self._wait_for_the_operator("add-ons", refusal)
            except NotSellable as refusal:
                words = f"SFT refused to activate endpoint {claim.endpoint_id} again ({refusal})"
                await self._wait_for_a_person(words, HOW_TO_TRY_AGAIN, ACTIVATION_REJECTED, ASK_SFT)
            except AddonRefused as refusal:
                await self._wait_for_a_person(f"SFT refused {what} ({refusal})", HOW_TO_AMEND, ADDON_REJECTED, AMEND)
            look = None  # it is hours old by now, maybe

    async def _wait_for_the_operator(self, what: str, refusal: AccountRefuses) -> None:
        """Until it may be tried again what SFT refuses to everybody. That is no purchase's fault: no limit."""
        until = workflow.now() + refusal.pause
        self._set_details(
            f"Waiting for the operator: SFT refuses {what} for a reason that is no purchase's ({refusal}). Once that "
            f"is mended, this goes on by itself; tried again at {until:%H:%M} UTC."
        )
        await workflow.sleep(refusal.pause, summary=f"SFT refuses {what} to everybody: pause, then try again")

    async def _wait_for_a_person(self, refusal: str, how: str, failure: FailureType, remedy: str) -> None:
        """Until somebody sends ``amend_plan``. Raises ApplicationError of that type if nobody does in time."""
        self._set_step("needs_attention", f"{refusal}. {how}")
        self._amendments.refuse(refusal)
        earlier = len(self._amendments.orders)
        try:
            await workflow.wait_condition(
                lambda: len(self._amendments.orders) > earlier,
                timeout=AMENDMENT,
                timeout_summary="Wait for amend_plan or cancellation",
            )
        except TimeoutError:
            raise ApplicationError(f"{refusal}, {remedy}", type=failure, non_retryable=True) from None

    async def _hand_over(self, claim: EndpointClaim, addon: Addon, purchase: EsimPurchase) -> ProvisionedEsim:
        """Step 4 of the guide: the eSIM is the traveler's, and its subscription looks after it from now on: it mails
        it, too, for which no sale waits.
        """
        await claim.hand_over(addon, self._amendments.orders)
        self._set_step("delivering", f"Delivering the eSIM of endpoint {claim.endpoint_id}.")
        await self._wait_until_listed(claim)
        self._set_step("completed", f"The eSIM of endpoint {claim.endpoint_id} can be installed.")
        count_sale(workflow.now() - workflow.info().workflow_start_time)
        return ProvisionedEsim(
            subscription_id=claim.subscription.id,
            traveler_id=purchase.traveler_id,
            endpoint_id=claim.endpoint_id,
            iccid=claim.esim.iccid,
            msisdn=claim.esim.msisdn,
            activation_code=claim.esim.activation_code,
            addon=FirstAddon.model_validate(addon.model_dump(exclude={"usage"})),
            delivery=_delivery(claim, purchase),
        )

    async def _wait_until_listed(self, claim: EndpointClaim) -> None:
        """Waits until visibility lists this run, where that was not seen yet: a repeat of the purchase finds its result
        there. What cannot be known is not waited for."""
        if claim.addons.is_run_listed:
            return
        with suppress(ActivityError):
            await call(RunActivities.wait_until_listed, None, LISTING, "Wait until visibility lists this purchase")

    async def _give_back(self, failure: BaseException) -> None:
        """Gives back what this run holds, and returns only when that is done: its subscription sees to it, however long
        SFT has to be waited for.
        """
        reason = "cancelled" if is_cancelled_exception(failure) else str(failure)
        self._set_step("failed", f"Giving back what this purchase held: {reason}")
        if claim := self._claim:
            await claim.give_back("release", reason)
            await workflow.wait_condition(
                lambda: claim.subscription.done() or claim.subscription.id in self._cleaned_up
            )
        self._set_step("failed", f"Nothing was sold: {reason}")
        await self._display.tell_failure()
        count_failed_sale(failure)

    # What portals ask and send.

    @workflow.query
    def progress(self) -> Progress:
        """How far the purchase has come, in the words of the contract."""
        return self._display.progress

    @workflow.update
    async def amend_plan(self, amendment: PlanAmendment) -> Progress:
        """Provisions another plan instead of the one that SFT refused; accepted only at ``needs_attention``."""
        self._amendments.take(amendment, purchase_id_of(workflow.info().workflow_id))
        self._set_step("provisioning_addon", f"Amended: trying add-on {amendment.plan_id} instead.")
        return self._display.progress

    @amend_plan.validator
    def _only_what_needs_attention(self, amendment: PlanAmendment) -> None:
        if self._display.progress.step != "needs_attention":
            raise ApplicationError(
                f"nothing to amend: this purchase is at {self._display.progress.step}, not at needs_attention",
                type=INVALID_REQUEST,
            )

    # What the subscription sends.

    @workflow.signal
    def cleaned_up(self, cleaned_up: CleanedUp) -> None:
        """What this run gave back has been put in order, as far as SFT's answers go."""
        self._cleaned_up.add(cleaned_up.subscription_id)

    # What operators see.

    def _set_step(self, step: Step, detail: str) -> None:
        self._display.show(step, self._claim.endpoint_id if self._claim else None, detail)

    def _set_details(self, detail: str) -> None:
        self._set_step(self._display.progress.step, detail)


def _delivery(claim: EndpointClaim, purchase: EsimPurchase) -> dict[str, str]:
    if purchase.email is None:
        return {}
    return {"email": ON_ITS_WAY if "email" in claim.addons.channels else NOT_SENT}


def _none_could_be_activated(last: str) -> ApplicationError:
    return ApplicationError(
        f"None of {MOST_ESIMS} eSIMs could be activated, the last because {last}; they are quarantined. Ask SFT what "
        "is wrong with them, then start the purchase again",
        type=ACTIVATION_REJECTED,
        non_retryable=True,
    )
