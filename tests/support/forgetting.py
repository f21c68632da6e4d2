"""A Temporal that has forgotten a purchase, as it does when its retention is over."""

import asyncio

from contract.esim import ProvisionedEsim
from contract.purchase import EsimPurchase
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import provision_id
from tests.support.seller import Seller, eventually
from tools.chaos.forces import forgetting


async def forget(shop: Seller, workflow_id: str) -> None:
    """Has Temporal forget all runs of a workflow id, as its retention does."""
    async with asyncio.timeout(60):
        await forgetting.forget(shop.client, workflow_id)


async def found_by(shop: Seller, purchase: EsimPurchase) -> None:
    """Returns once visibility finds the subscription by this purchase."""

    async def is_found() -> bool:
        found = await shop.client.count_workflows(f"{FIRST_PURCHASE_ID.name} = '{purchase.purchase_id}'")
        return found.count > 0

    await eventually(is_found)


async def sold_and_forgotten(shop: Seller, purchase: EsimPurchase) -> ProvisionedEsim:
    sold = await shop.sell(purchase)
    await found_by(shop, purchase)
    await forget(shop, provision_id(purchase.purchase_id))
    return sold
