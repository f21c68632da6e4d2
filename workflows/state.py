"""What a subscription knows, and carries from one run to the next when it continues as new."""

from datetime import datetime

from pydantic import BaseModel, Field

from activities.messages import Owner
from domain.addon import Addon
from domain.esim import AvailableEsim
from domain.purchase import EsimPurchase
from domain.subscription import Subscription, subscription_id
from workflows.handover import Doubt


class Watch(BaseModel):
    """Doubts that are looked at again, ever more rarely, for WATCH in all."""

    doubt: Doubt
    since: datetime
    due: datetime


class SubscriptionState(BaseModel):
    """Everything that a subscription knows: its input, and what it carries across continue-as-new."""

    subscription: Subscription
    owner: Owner | None = None
    """The run that claimed the endpoint, until it hands it over: until then it alone acts on the endpoint."""
    queue: list[str] = Field(default_factory=list)
    """purchase_ids of the add-ons to provision, in order of arrival."""
    watches: list[Watch] = Field(default_factory=list)
    late_activations: int = 0
    """How many requests to activate the endpoint SFT did not answer and may still carry out, until ``late_until``."""
    late_until: datetime | None = None

    @classmethod
    def claimed(cls, esim: AvailableEsim, purchase: EsimPurchase, owner: Owner) -> "SubscriptionState":
        """A subscription whose endpoint is claimed and whose first add-on is being provisioned by ``owner``."""
        first = Addon(purchase_id=purchase.purchase_id, product=purchase.product, plan_id=purchase.plan_id)
        subscription = Subscription(
            subscription_id=subscription_id(esim.endpoint_id),
            traveler_id=purchase.traveler_id,
            endpoint_id=esim.endpoint_id,
            iccid=esim.iccid,
            msisdn=esim.msisdn,
            status="provisioning",
            addons=[first],
        )
        return cls(subscription=subscription, owner=owner)
