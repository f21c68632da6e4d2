"""The workflow types and ids that everybody can reckon with, made of an id of the business and taken apart again."""

from typing import Final

PROVISION_TYPE: Final = "ProvisionEsimWorkflow"
SUBSCRIPTION_TYPE: Final = "TravelerSubscriptionWorkflow"
ADOPT_TYPE: Final = "AdoptEsimWorkflow"
FIND_ENDPOINTS_TYPE: Final = "FindEndpointsWorkflow"

AUDIT_TYPE: Final = "AuditWorkflow"
COUNT_STOCK_TYPE: Final = "CountStockWorkflow"
HAND_OUT_TYPE: Final = "HandOutStockWorkflow"
LOOK_UP_PLAN_TYPE: Final = "LookUpPlanWorkflow"

PROVISION: Final = "provision-"
SUBSCRIPTION: Final = "subscription-"
COUNT_STOCK: Final = "count-stock-"
HAND_OUT: Final = "hand-out-stock-"
LOOK_UP_PLAN: Final = "look-up-plan-"


def provision_id(purchase_id: str) -> str:
    """The workflow id of the one ProvisionEsimWorkflow that a purchase can have."""
    return f"{PROVISION}{purchase_id}"


def is_provision_id(workflow_id: str) -> bool:
    """Whether this is the id of a ProvisionEsimWorkflow."""
    return workflow_id.startswith(PROVISION)


def purchase_id_of(name: str) -> str:
    """The purchase id in a ``provision_id``; a name that is none is taken for the purchase id itself."""
    return name.removeprefix(PROVISION)


def subscription_id(endpoint_id: str) -> str:
    """The workflow id of the one subscription that an endpoint can have: starting it is the claim."""
    return f"{SUBSCRIPTION}{endpoint_id}"


def is_subscription_id(workflow_id: str) -> bool:
    """Whether this is the id of a TravelerSubscriptionWorkflow."""
    return workflow_id.startswith(SUBSCRIPTION)


def endpoint_id_of(name: str) -> str:
    """The endpoint id in a ``subscription_id``; a name that is none is taken for the endpoint id itself."""
    return name.removeprefix(SUBSCRIPTION)


def adoption_id(endpoint_id: str, *, dry_run: bool = False) -> str:
    """The workflow id of the AdoptEsimWorkflow of an endpoint; of one that only looks, another."""
    return f"{'dry-run-' if dry_run else ''}adopt-{endpoint_id}"


def count_stock_id(task_queue: str, key: str | None = None) -> str:
    """The workflow id by which all who want to know the stock of a task queue, and encrypt with this key, share one
    count: one that no worker can read holds up nobody who has another key."""
    return f"{COUNT_STOCK}{task_queue}{_under(key)}"


def hand_out_id(task_queue: str) -> str:
    """The workflow id of the one HandOutStockWorkflow that a task queue can have at a time."""
    return f"{HAND_OUT}{task_queue}"


def look_up_plan_id(task_queue: str, plan_id: str, key: str | None = None) -> str:
    """The workflow id by which all who want to know whether the account has a plan, and encrypt with this key, share
    one look."""
    return f"{LOOK_UP_PLAN}{task_queue}-{plan_id}{_under(key)}"


def _under(key: str | None) -> str:
    return f"-{key}" if key else ""
