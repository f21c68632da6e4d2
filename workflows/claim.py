"""An endpoint that a purchase has claimed, from the claim until it is handed over or given back."""

from datetime import timedelta
from typing import Final, Literal, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.types import MethodSyncSingleParam

from activities.esims import EsimActivities
from activities.messages import Endpoint, EndpointLook, LifecycleChange, Owner
from contract.addon import Addon
from contract.esim import AvailableEsim
from contract.order import MOST_KEPT, CarriedOutOrder
from contract.purchase import EsimPurchase
from sft.states import ACTIVE, SUSPENDED, UNUSED, is_state
from workflows.addon_protocol import AddonProtocol
from workflows.endpoint import EndpointLifecycle, LifecycleRefused
from workflows.handover import GiveBack, HandOver
from workflows.lock import Handle, claim, start_subscription
from workflows.policies import ONCE, OUTAGE
from workflows.sft_calls import SetDetails, call
from workflows.state import SubscriptionState
from workflows.subscription import TravelerSubscriptionWorkflow

FIRST_PAUSE: Final = timedelta(seconds=1)
"""Before it is looked again whether an endpoint was activated; doubled each time."""

Message = TypeVar("Message", HandOver, GiveBack)


class NotSellable(Exception):
    """The endpoint cannot be sold: SFT refuses to activate it, or somebody else had it before, as the message says.

    ``likeness`` is what SFT's refusals share that are alike; empty where it is none.
    """

    def __init__(self, why: str, likeness: str = "") -> None:
        super().__init__(why)
        self.likeness = likeness

    def is_like(self, other: "NotSellable") -> bool:
        """Whether SFT refused both alike: then it is not the eSIMs that are at fault."""
        return bool(self.likeness) and self.likeness == other.likeness


class EndpointClaim:
    """One attempt to sell one eSIM: what was done to its endpoint so far, and the subscription that holds it.

    ``first_look`` is what was on the endpoint right after its activation, if that was looked at. ``addons`` puts
    add-ons on it.
    """

    def __init__(
        self,
        esim: AvailableEsim,
        purchase: EsimPurchase,
        subscription: Handle,
        set_details: SetDetails,
        is_run_listed: bool,
    ) -> None:
        self.esim = esim
        self.subscription = subscription
        self._purchase = purchase
        self.addons = AddonProtocol(esim.endpoint_id, set_details, is_run_listed=is_run_listed)
        self.first_look: EndpointLook | None = None
        self._lifecycle = EndpointLifecycle(esim.endpoint_id, set_details, is_sold=False)
        self._resting = EndpointLifecycle(esim.endpoint_id, set_details, is_sold=True)  # active by our own hand
        self.is_resting = False
        self._is_active = False

    @property
    def endpoint_id(self) -> str:
        """SFT's id of the endpoint."""
        return self.esim.endpoint_id

    async def activate(self) -> None:
        """Step 2 of the guide.

        Raises:
            NotSellable: if SFT refuses, or the endpoint turns out to be a stranger's.
            AccountRefuses: if SFT refuses for what is the operator's to mend.
            ApplicationError: ``SftUnavailable`` if SFT could not be brought to do it for a day.
        """
        try:
            await self._lifecycle.request(ACTIVE, f"Activate endpoint {self.endpoint_id}", self._send_activation)
        except LifecycleRefused as refusal:
            raise NotSellable(str(refusal), refusal.likeness) from refusal
        self._is_active = True
        if self.first_look and is_state(self.first_look.status, UNUSED):
            self.first_look = await self._wait_until_shown(self.first_look)

    async def _wait_until_shown(self, look: EndpointLook) -> EndpointLook | None:
        """What is on the endpoint once SFT shows that it was activated, as it said.

        Raises NotSellable if that takes longer than it may: nobody could use what is not active.
        """
        until, pause = workflow.now() + timedelta(seconds=look.settle_seconds), FIRST_PAUSE
        while is_state(look.status, UNUSED):
            if workflow.now() >= until:
                self._lifecycle.unanswered += 1  # it may still be done, and is not a stranger's doing then
                raise NotSellable(
                    f"SFT agreed to activate endpoint {self.endpoint_id}, and shows it as {look.status} after "
                    f"{look.settle_seconds:.0f} seconds",
                    likeness=f"agreed, and stays {UNUSED}",
                )
            await workflow.sleep(pause, summary="SFT does not show the activation yet: pause, then look again")
            pause *= 2
            look = await self._lifecycle.look(time_limit=OUTAGE)
        return None if look.hidden_plans else look

    async def _send_activation(self) -> None:
        """One request, and what its answer says about whose activation this is.

        Once a request of ours may have been done, an endpoint that was active before is one that we activated. Before
        that, one that was anything but unused is a stranger's, also where we do not know SFT's word for it.
        """
        activation = await call(
            EsimActivities.activate_esim,
            Endpoint(endpoint_id=self.endpoint_id, plan_id=self._purchase.plan_id),
            ONCE,
            f"Activate endpoint {self.endpoint_id}",
        )
        before, now = activation.previous_status, activation.current_status
        if not self._lifecycle.unanswered and before and not is_state(before, UNUSED):
            # Where it was not active before and is something else now, it was our request that made it active.
            self._is_active = self._is_active or not (is_state(before, ACTIVE) or is_state(now, before))
            raise NotSellable(
                f"endpoint {self.endpoint_id} was {before} before our first request: somebody else's",
                # Where each is in a state that we do not know, it is rather SFT that has another word for unused.
                likeness="" if is_state(before, ACTIVE, SUSPENDED) else f"was {before}",
            )
        if not self._lifecycle.unanswered and activation.was_refused and activation.look and activation.look.instances:
            raise NotSellable(
                f"endpoint {self.endpoint_id} is active, not by our request, with add-ons: somebody else's"
            )
        self._is_active, self.first_look = True, activation.look

    async def rest(self) -> None:
        """Suspends the endpoint while SFT refuses the account's add-ons: an active one costs, with or without them.

        Where SFT will not, it stays active.
        """
        if self.is_resting:
            return
        try:
            await self._resting.change_to(SUSPENDED, "system")
            self.is_resting = True
        except ApplicationError as failure:
            workflow.logger.warning("endpoint %s stays active while it waits: %s", self.endpoint_id, failure.message)

    async def wake(self) -> None:
        """Activates the endpoint again if it rests, to try once more.

        Raises:
            NotSellable: if SFT refuses.
            AccountRefuses: if it is too early for that, or SFT refuses for what is the operator's to mend.
            ApplicationError: ``SftUnavailable`` if SFT could not be brought to do it for a day.
        """
        if not self.is_resting:
            return
        what = f"Activate endpoint {self.endpoint_id} again"
        change = LifecycleChange(endpoint_id=self.endpoint_id, to=ACTIVE, reason="system", if_addons_are_sold=True)
        try:
            await self._resting.request(ACTIVE, what, lambda: call(EsimActivities.change_lifecycle, change, ONCE, what))
        except LifecycleRefused as refusal:
            raise NotSellable(str(refusal), refusal.likeness) from refusal
        self.is_resting = False

    async def hand_over(self, addon: Addon, orders: list[CarriedOutOrder]) -> None:
        """The eSIM is sold, with this add-on on it: the subscription alone acts on the endpoint from now on, and keeps
        what was ordered about the sale."""
        sale = HandOver(
            addon=addon,
            doubts=self.addons.doubts,
            unanswered_activations=self._unanswered,
            channels=self.addons.channels,
            orders=orders[-MOST_KEPT:],
        )
        await self._signal(TravelerSubscriptionWorkflow.hand_over, sale)

    async def give_back(self, verdict: Literal["release", "quarantine"], reason: str) -> None:
        """The eSIM is not sold: its subscription cleans up, and keeps everybody from it until that is done."""
        order = GiveBack(
            verdict=verdict,
            reason=reason,
            activated=self._activated,
            doubts=self.addons.doubts,
            unanswered_activations=self._unanswered,
        )
        try:
            await self._signal(TravelerSubscriptionWorkflow.give_back, order)
        except ApplicationError as gone:  # it has ended, and its endpoint is quarantined or another's by now
            workflow.logger.warning("%s is not there to be given back to: %s", self.subscription.id, gone.message)

    @property
    def _unanswered(self) -> int:
        return self._lifecycle.unanswered + self._resting.unanswered

    @property
    def _activated(self) -> Literal["no", "unanswered", "yes"]:
        if self._is_active:
            return "yes"
        return "unanswered" if self._lifecycle.unanswered else "no"

    async def _signal(
        self, signal: MethodSyncSingleParam[TravelerSubscriptionWorkflow, Message, None], message: Message
    ) -> None:
        """Signals the subscription. One that an operator terminated is started again: the endpoint needs an owner, and
        no rival can have claimed it meanwhile."""
        try:
            await self.subscription.signal(signal, message)
        except ApplicationError:
            restarted = await start_subscription(*_subscription_of(self.esim, self._purchase))
            if restarted is None:
                raise
            self.subscription = restarted
            await self.subscription.signal(signal, message)


async def claim_endpoint(
    esim: AvailableEsim, purchase: EsimPurchase, set_details: SetDetails, is_run_listed: bool
) -> EndpointClaim | None:
    """Claims the endpoint of an eSIM by starting its subscription; None if a rival was faster."""
    subscription = await claim(*_subscription_of(esim, purchase))
    return EndpointClaim(esim, purchase, subscription, set_details, is_run_listed) if subscription else None


def _subscription_of(esim: AvailableEsim, purchase: EsimPurchase) -> tuple[SubscriptionState, str]:
    info = workflow.info()
    owner = Owner(workflow_id=info.workflow_id, run_id=info.run_id)
    state = SubscriptionState.claimed(esim, purchase, owner, workflow.now())
    state.subscription.addons[0].bought_at = info.workflow_start_time
    return state, f"eSIM of traveler {purchase.traveler_id} on endpoint {esim.endpoint_id}"
