"""eSIMs that somebody sold before this product came, and their being taken over."""

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contract.adoption import Adopted, Adoption
from contract.workflow_ids import adoption_id
from tests.support.seller import PLAN, Seller
from tools.simulator.endpoint import Endpoint, Status

CHANGES = ("EndPointLifeCycleChange", "EndPointActivation", "SubscribeAddon", "endpoint")
"""The calls that change something at SFT."""


def sold_elsewhere(shop: Seller, number: int = 0, addons: int = 1, status: Status = "Active") -> Endpoint:
    """An endpoint of the account that another system has sold, with so many add-ons on it."""
    return sell_elsewhere(shop, shop.platform.endpoints[number], addons, status)


def sell_elsewhere(shop: Seller, endpoint: Endpoint, addons: int, status: Status) -> Endpoint:
    """Another system sells it, with so many add-ons on it."""
    for _ in range(addons):
        shop.platform.add_foreign_addon(endpoint.endpoint_id, PLAN)
    shop.platform.set_status(endpoint.endpoint_id, status)
    return endpoint


def told_of(endpoint: Endpoint, shop: Seller, **changes: Any) -> Adoption:
    """What a seller tells of it: all its add-ons, each with a purchase."""
    addons = [
        {"unique_id": addon.unique_id, "purchase_id": f"P-{next(shop.numbers)}", "product": "Wakanda of old"}
        for addon in endpoint.addons
    ]
    fields = {"endpoint_id": endpoint.endpoint_id, "traveler_id": "T-42", "addons": addons}
    return Adoption.model_validate(fields | changes)


async def taken_over(shop: Seller, adoption: Adoption | dict[str, Any], workflow_id: str | None = None) -> Adopted:
    """What AdoptEsimWorkflow answers."""
    if isinstance(adoption, Adoption):
        workflow_id = workflow_id or adoption_id(adoption.endpoint_id, dry_run=adoption.dry_run)
    adopted: Adopted = await shop.client.execute_workflow(
        "AdoptEsimWorkflow", adoption, id=workflow_id or "adopt-", task_queue=shop.task_queue, result_type=Adopted
    )
    return adopted


async def why_not(shop: Seller, adoption: Adoption | dict[str, Any], workflow_id: str | None = None) -> str:
    """Why it is not taken over, which is always InvalidRequest."""
    with pytest.raises(WorkflowFailureError) as failed:
        await taken_over(shop, adoption, workflow_id)
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "InvalidRequest"
    return cause.message


def changed(shop: Seller) -> int:
    """How many calls that change something SFT has had."""
    return sum(shop.platform.calls[call] for call in CHANGES)
