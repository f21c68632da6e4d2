"""States of subscriptions with many add-ons, without a sale of each."""

from temporalio.common import SearchAttributePair, TypedSearchAttributes

from contract.addon import Addon, AddonError
from contract.purchase import EsimPurchase
from contract.search_attributes import TRAVELER_ID
from contract.subscription import Subscription
from contract.workflow_ids import SUBSCRIPTION_TYPE, subscription_id
from tests.support.seller import PLAN, PRODUCT, Seller
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


async def started_unread(shop: Seller, endpoint_id: str, traveler_id: str) -> None:
    """A subscription of theirs that no worker of this build can read, and so none answers for."""
    state = state_with([bought(1)], endpoint_id).model_dump(mode="json")
    state["subscription"] |= {"traveler_id": traveler_id, "status": "a word of another build"}
    state["purchase"]["traveler_id"] = traveler_id
    found = SearchAttributePair(TRAVELER_ID, traveler_id)
    await shop.client.start_workflow(
        SUBSCRIPTION_TYPE,
        state,
        id=subscription_id(endpoint_id),
        task_queue=shop.task_queue,
        search_attributes=TypedSearchAttributes([found]),
    )
