"""What customers of a drill buy: numbered, so that a ticket can name it."""

from typing import Final

from contract.esim import ProvisionedEsim
from contract.purchase import AddonPurchase, EsimPurchase
from seller.catalog import SHIPPED, read_catalog
from tools.drill.system import System
from tools.drill.ticket import MAIN

PRODUCT: Final = "Wakanda 30Days / 30GB"
DAILY: Final = "PLAN-WAKANDA-DAILY"
OLD_PLAN: Final = "PLAN-WAKANDA-2019"
"""Which SFT does not know any more."""


def purchase(number: int, email: str | None = None, plan_id: str | None = None) -> EsimPurchase:
    """An eSIM with its first add-on, bought as P-number by traveler T-number."""
    return EsimPurchase(
        purchase_id=f"P-{number}", traveler_id=f"T-{number}", product=PRODUCT, plan_id=plan_id or plan(), email=email
    )


def top_up(number: int, plan_id: str | None = None) -> AddonPurchase:
    """One more add-on, bought as P-number."""
    return AddonPurchase(purchase_id=f"P-{number}", product=PRODUCT, plan_id=plan_id or plan())


def plan() -> str:
    """What the catalog has for the product."""
    return read_catalog(str(SHIPPED)).plan_of(PRODUCT)


async def sold(system: System, number: int, queue: str = MAIN, email: str | None = None) -> ProvisionedEsim:
    """An eSIM that was sold as P-number, and is the traveler's."""
    seller = await system.seller(queue)
    return await seller.sales.sell(purchase(number, email))
