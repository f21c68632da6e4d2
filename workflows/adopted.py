"""What an eSIM that was sold elsewhere becomes here: made of what SFT says of it, and of what was bought for it."""

from datetime import datetime
from typing import Final, Literal, NoReturn

from pydantic import TypeAdapter, ValidationError
from temporalio.exceptions import ApplicationError

from activities.messages import FoundSim, InstanceReading, SoldEsim
from contract.addon import Addon
from contract.adoption import Adopted, AdoptedAddon, Adoption, AdoptionOutcome
from contract.failure import INVALID_REQUEST
from contract.ids import PlanId, Product, PurchaseId
from contract.purchase import EsimPurchase
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from sft.iccid import same_iccid
from sft.states import ACTIVE, SUSPENDED, UNUSED, is_state
from workflows.cadence import cadence
from workflows.state import SubscriptionState, Track
from workflows.usage import news_of, read

UNNAMED_ESIM: Final = "adopted-esim-"
UNNAMED_ADDON: Final = "adopted-addon-"
"""What the purchase ids begin with that are made here: of the endpoint's id and of the instance's."""

NO_PRODUCT: Final = "Taken over"
NO_PLAN: Final = "-"
"""What stands for the first purchase of an eSIM of which no add-on is known."""

PLAN_ID: Final = TypeAdapter[str](PlanId)
PRODUCT: Final = TypeAdapter[str](Product)
PURCHASE_ID: Final = TypeAdapter[str](PurchaseId)


class AdoptedEsim:
    """An eSIM as it is taken over: ``iccid`` and ``status`` as SFT has them, and ``addons`` under their purchases.

    Raises ApplicationError, ``InvalidRequest``, if it cannot be taken over as it was told.
    """

    def __init__(self, adoption: Adoption, esim: SoldEsim) -> None:
        self._adoption = adoption
        self._esim = esim
        self._there = {instance.unique_id: instance for instance in esim.reading.instances}
        self.iccid = self._own_iccid()
        self.status = self._status_here()
        self.addons = self._named()
        self._left_out = [addon.unique_id for addon in adoption.addons if addon.unique_id not in self._there]
        self._refuse_ambiguity()
        if adoption.name_unmatched:
            self.addons += self._named_by_themselves()

    @property
    def unmatched(self) -> list[str]:
        """uniqueIds of what is on the endpoint and under no purchase."""
        taken = {addon.unique_id for addon in self.addons}
        return [unique_id for unique_id in self._there if unique_id not in taken]

    def told(self, outcome: AdoptionOutcome) -> Adopted:
        """The result of the workflow."""
        return Adopted(
            outcome=outcome,
            subscription_id=subscription_id(self._adoption.endpoint_id),
            traveler_id=self._adoption.traveler_id,
            endpoint_id=self._adoption.endpoint_id,
            iccid=self.iccid,
            status=self.status,
            addons=[AdoptedAddon.model_validate(addon.model_dump()) for addon in self.addons],
            unmatched=self.unmatched,
            left_out=self._left_out,
        )

    def require_attached(self, sim: FoundSim) -> None:
        """Raises ApplicationError, ``InvalidRequest``, if SFT lists the eSIM on another endpoint."""
        if sim.endpoint_id not in (None, self._adoption.endpoint_id):
            self._refuse(f"SFT lists its SIM {self.iccid} on endpoint {sim.endpoint_id}: ask SFT which it is")

    def state(self, sim: FoundSim, now: datetime) -> SubscriptionState:
        """The first state of its subscription. What was so before counts as told: it is no news."""
        adoption, reading, tracks = self._adoption, self._esim.reading, dict[str, Track]()
        for addon in self.addons:
            track = tracks[addon.purchase_id] = Track()
            read(addon, track, self._there[addon.unique_id or ""], now, reading.units)
            track.told = [*news_of(addon, track, now)]
        watched = [(addon, tracks[addon.purchase_id]) for addon in self.addons]
        looks = cadence(watched, now, adoption.endpoint_id, is_announced=reading.is_announced)
        return SubscriptionState(
            subscription=Subscription(
                subscription_id=subscription_id(adoption.endpoint_id),
                traveler_id=adoption.traveler_id,
                endpoint_id=adoption.endpoint_id,
                iccid=self.iccid,
                msisdn=self._esim.msisdn,
                status=self.status,
                addons=self.addons,
                unmatched=self.unmatched,
            ),
            purchase=self._first_purchase(),
            is_adopted=True,
            activation_code=sim.activation_code or "",
            found_as=self.status,
            digests=reading.digests,
            channels=reading.channels,
            tracks=tracks,
            is_announced=reading.is_announced,
            next_look=looks.due_after(now) if looks else None,
            also_there=self.unmatched,
            unmatched_told=self.unmatched,
        )

    def _first_purchase(self) -> EsimPurchase:
        """What the eSIM is found by. Where no add-on of it is known, one that stands for the sale."""
        adoption = self._adoption
        stand_in = Addon(purchase_id=f"{UNNAMED_ESIM}{adoption.endpoint_id}", product=NO_PRODUCT, plan_id=NO_PLAN)
        first = self.addons[0] if self.addons else stand_in
        return EsimPurchase(
            purchase_id=first.purchase_id,
            traveler_id=adoption.traveler_id,
            product=first.product,
            plan_id=first.plan_id,
            email=adoption.email,
            locale=adoption.locale,
            timezone=adoption.timezone,
        )

    def _own_iccid(self) -> str:
        iccid, told = self._esim.iccid, self._adoption.iccid
        if iccid is None:
            self._refuse("SFT does not say which SIM is on it")
        if told and not same_iccid(iccid, told):
            self._refuse(f"SFT has SIM {iccid} on it, and not {told}")
        return iccid

    def _status_here(self) -> Literal["active", "suspended"]:
        status = self._esim.status
        if not is_state(status, ACTIVE, SUSPENDED):
            why = "it is in stock, and was never sold" if is_state(status, UNUSED) else "neither Active nor Suspended"
            self._refuse(f"it is {status or 'in a state that is not told'} at SFT: {why}")
        return "active" if is_state(status, ACTIVE) else "suspended"

    def _named(self) -> list[Addon]:
        told = [addon for addon in self._adoption.addons if addon.unique_id in self._there]
        for addon in told:
            if not _is(PLAN_ID, self._there[addon.unique_id].plan_id):
                self._refuse(f"SFT does not say of which plan its add-on {addon.unique_id} is")
        return [_addon(addon.purchase_id, addon.product, self._there[addon.unique_id]) for addon in told]

    def _refuse_ambiguity(self) -> None:
        """An add-on that is not there has ended, unless one is there that nobody names: then it may be mistyped."""
        if self._left_out and (self.unmatched or self._esim.reading.hidden_plans):
            there = ", ".join(self.unmatched) or "one whose uniqueId cannot be read"
            self._refuse(
                f"add-on {', '.join(self._left_out)} is not on it, but an add-on is that is not named ({there}): "
                "correct the uniqueId, or leave it out if that add-on has ended"
            )

    def _named_by_themselves(self) -> list[Addon]:
        taken = {addon.purchase_id for addon in self._adoption.addons}
        named = []
        for unique_id in self.unmatched:
            instance, purchase_id = self._there[unique_id], f"{UNNAMED_ADDON}{unique_id}"
            if purchase_id not in taken and _is(PURCHASE_ID, purchase_id) and _is(PLAN_ID, instance.plan_id):
                name = self._esim.names.get(unique_id, "")
                named.append(_addon(purchase_id, name if _is(PRODUCT, name) else instance.plan_id, instance))
        return named

    def _refuse(self, why: str) -> NoReturn:
        raise refusal(self._adoption, why)


def refusal(adoption: Adoption, why: str) -> ApplicationError:
    """The failure of an eSIM that cannot be taken over."""
    return ApplicationError(
        f"endpoint {adoption.endpoint_id} is not taken over: {why}", type=INVALID_REQUEST, non_retryable=True
    )


def _addon(purchase_id: str, product: str, instance: InstanceReading) -> Addon:
    return Addon(
        purchase_id=purchase_id,
        product=product,
        plan_id=instance.plan_id,
        unique_id=instance.unique_id,
        status="provisioned",
    )


def _is(kind: TypeAdapter[str], text: str) -> bool:
    try:
        kind.validate_python(text)
    except ValidationError:
        return False
    return True
