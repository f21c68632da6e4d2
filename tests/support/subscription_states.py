"""States of subscriptions with many add-ons, without a sale of each."""

from contract.addon import Addon, AddonError
from contract.purchase import EsimPurchase
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.seller import PLAN, PRODUCT
from workflows.state import SubscriptionState


def bought(number: int, **changes: object) -> Addon:
    fields = {"purchase_id": f"P-{number}", "product": PRODUCT, "plan_id": PLAN, "unique_id": str(7_000_000 + number)}
    return Addon.model_validate(fields | {"status": "provisioned"} | changes)


def failed(number: int) -> Addon:
    error = AddonError(type="AddonRejected", message="SFT refused it")
    return bought(number, unique_id=None, status="failed", error=error)


def state_with(addons: list[Addon], endpoint_id: str = "4000001") -> SubscriptionState:
    subscription = Subscription(
        subscription_id=subscription_id(endpoint_id),
        traveler_id="T-42",
        endpoint_id=endpoint_id,
        iccid="8932000000000000001",
        status="active",
        addons=addons,
    )
    purchase = EsimPurchase(purchase_id=addons[0].purchase_id, traveler_id="T-42", product=PRODUCT, plan_id=PLAN)
    code = "LPA:1$smdp.example.com$M"
    return SubscriptionState(subscription=subscription, purchase=purchase, activation_code=code)
