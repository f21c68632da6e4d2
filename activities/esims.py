"""Activities that find an eSIM to sell, and activate and suspend endpoints, at SFT."""

import asyncio
from collections.abc import Callable
from typing import Final, Literal

from temporalio import activity
from temporalio.client import WorkflowQueryFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.account import SftAccount
from activities.addons import AddonActivities
from activities.failures import SFT_UNANSWERED, as_application_errors
from activities.inventory import Inventory
from activities.messages import (
    VISIBILITY_AWAY,
    Activation,
    Endpoint,
    EndpointLook,
    EsimSearch,
    FoundEsim,
    LifecycleChange,
    Suspension,
)
from activities.runs import Recalled, RunActivities
from activities.send_once import refuse_to_send_again
from contract.failure import ACTIVATION_REJECTED
from contract.order import SuspensionReason
from contract.purchase import EsimPurchase
from sft.client import SftClient
from sft.errors import AccountRefused, Rejected
from sft.models import LifeCycle, Reason
from sft.states import ACTIVE, SUSPENDED, is_state
from temporal.digests import WITHOUT_KEYS, Digests

ActivationCall = Literal["EndPointLifeCycleChange", "EndPointActivation"]

LIFE_CYCLES: Final = {ACTIVE: LifeCycle.ACTIVE, SUSPENDED: LifeCycle.SUSPENDED}

REASONS: Final[dict[SuspensionReason, Reason]] = {
    "system": Reason.SYSTEM,
    "non_payment": Reason.NON_PAYMENT,
    "customer_service": Reason.CUSTOMER_SERVICE,
}


class EsimActivities:
    """The calls that change an endpoint's life cycle, and the search for an endpoint to sell.

    ``looks`` is who looks at an endpoint right after its activation, in the same activity. While ``calls_apart`` says
    so, nobody does: every call has to be an activity of its own, because activities are what
    SFT_MAX_REQUESTS_PER_SECOND counts. ``digests`` makes what eSIMs are found by.
    """

    def __init__(
        self,
        client: SftClient,
        inventory: Inventory,
        runs: RunActivities,
        looks: AddonActivities,
        activation_call: ActivationCall = "EndPointLifeCycleChange",
        calls_apart: Callable[[], bool] = lambda: False,
        account: SftAccount | None = None,
        digests: Digests = WITHOUT_KEYS,
    ) -> None:
        self._client = client
        self._inventory = inventory
        self._runs = runs
        self._looks = looks
        self._digests = digests
        self._activation_call = activation_call
        self._calls_apart = calls_apart
        self._account = account or SftAccount()

    @activity.defn
    async def find_esim(self, search: EsimSearch) -> FoundEsim:
        """Step 1 of the guide: an available eSIM to claim, if SFT has one (fetchSIM).

        If the purchase was sold before, what was sold then instead; SFT is not asked then.

        Raises:
            ApplicationError: ``InvalidRequest`` if what was sold under this purchase_id was something else,
                ``VisibilityAway`` if Temporal cannot say, ``SftUnavailable``, ``SftUnanswered`` or
                ``SftAuthenticationFailed`` if SFT could not be asked.
        """
        recalled = Recalled()
        if search.purchase:
            recalled = await self._recall(search.purchase)
            if recalled.result:
                return FoundEsim(earlier=recalled.result)
        with as_application_errors():
            esim = await self._inventory.take(search.avoid)
        if esim:
            esim = esim.model_copy(update={"digests": self._digests.of(esim.iccid, esim.msisdn)})
        return FoundEsim(esim=esim, is_run_listed=recalled.is_run_listed, channels=self._looks.channels)

    async def _recall(self, purchase: EsimPurchase) -> Recalled:
        try:
            return await self._runs.recall(purchase)
        except (RPCError, WorkflowQueryFailedError) as error:
            raise ApplicationError(
                f"Temporal cannot say whether this purchase was sold before: {error.message}", type=VISIBILITY_AWAY
            ) from error

    @activity.defn
    async def activate_esim(self, endpoint: Endpoint) -> Activation:
        """Step 2 of the guide: activates the endpoint, by the call that SFT_ACTIVATION_CALL selects.

        What is on it has to be known before an add-on is put on it, so the endpoint is looked at in this activity, too.

        A refusal is looked up, too: it counts only if the endpoint is not active (clients differ in what they take for
        a success).

        Raises:
            ApplicationError: ``ActivationRejected`` (final), ``SftRefusesAccount`` (the operator's matter: also without
                asking SFT, if it was refused lately), ``SftUnavailable`` or ``SftAuthenticationFailed`` (certainly not
                done), or ``SftUnanswered`` (may have been done).
        """
        refuse_to_send_again(self._activation_call)
        self._account.require_activations(endpoint.endpoint_id)
        with as_application_errors(rejected_as=ACTIVATION_REJECTED):
            try:
                activation = await self._activate(endpoint.endpoint_id)
            except (Rejected, AccountRefused) as error:
                look = await self._look_after_refusal(ACTIVE, endpoint.endpoint_id)
                if not is_state(look.status, ACTIVE):
                    self._account.refuse("activation", error, endpoint.endpoint_id)
                    raise
                is_told = not look.hidden_plans  # else what is on it has to be asked for with the plan
                return Activation(previous_status=None, look=look if is_told else None, was_refused=True)
        self._account.works("activation")
        return activation.model_copy(update={"look": await self._look(endpoint)})

    async def _activate(self, endpoint_id: str) -> Activation:
        if self._activation_call == "EndPointActivation":
            outcome = await self._client.activate_endpoint(endpoint_id)
            return Activation(previous_status=ACTIVE if outcome.already_active else None)
        change = await self._client.change_lifecycle(endpoint_id, LifeCycle.ACTIVE, Reason.SYSTEM)
        return Activation(previous_status=change.previous_status, current_status=change.current_status)

    async def _look_after_refusal(self, status: str, endpoint_id: str) -> EndpointLook:
        """Whether an endpoint is in the state to which SFT has just refused to bring it.

        Raises:
            ApplicationError: ``SftUnanswered`` if it cannot be told: then it may have been done.
        """
        try:
            return await self._looks.look_at_endpoint(Endpoint(endpoint_id=endpoint_id))
        except ApplicationError as error:
            raise ApplicationError(
                f"SFT refused to make it {status}, and does not say whether it is so ({error.message})",
                type=SFT_UNANSWERED,
            ) from error

    async def _look(self, endpoint: Endpoint) -> EndpointLook | None:
        """None if nobody looked, or the look failed or was cut off: what SFT answered before must not be lost with it.

        It says whose activation it was. After an operator's pause or a worker's stop, nobody could tell any more.
        """
        if self._calls_apart():
            return None
        try:
            return await self._looks.look_at_endpoint(endpoint)
        except (ApplicationError, asyncio.CancelledError):
            return None

    @activity.defn
    async def change_lifecycle(self, change: LifecycleChange) -> None:
        """Suspends the endpoint, or activates it again, with one call; if it is not answered, the workflow looks.

        Raises:
            ApplicationError: ``ActivationRejected`` (SFT refused, also to suspend, and it is not so),
                ``SftUnavailable``, ``SftAuthenticationFailed`` or ``SftUnanswered``. Before the sale also
                ``SftRefusesAccount`` (the operator's matter, as for ``activate_esim``).
        """
        refuse_to_send_again("EndPointLifeCycleChange")
        if change.if_addons_are_sold:
            self._account.require_activations(change.endpoint_id, again=True)
        with as_application_errors(rejected_as=ACTIVATION_REJECTED):
            try:
                await self._change(change.endpoint_id, change.to, change.reason)
            except (Rejected, AccountRefused) as error:
                if change.if_addons_are_sold:
                    self._account.refuse("activation", error, change.endpoint_id)
                raise
        if change.if_addons_are_sold:
            self._account.works("activation")

    async def _change(self, endpoint_id: str, to: str, reason: SuspensionReason) -> None:
        try:
            await self._client.change_lifecycle(endpoint_id, LIFE_CYCLES[to], REASONS[reason])
        except Rejected:
            if not is_state((await self._look_after_refusal(to, endpoint_id)).status, to):
                raise

    @activity.defn
    async def suspend_esim(self, suspension: Suspension) -> None:
        """Suspends the endpoint. Idempotent, and so retried for as long as it takes, even if SFT refuses it."""
        with as_application_errors():
            await self._change(suspension.endpoint_id, SUSPENDED, suspension.reason)
