"""The catalog, compared with the plans of the account: what a worker does beside its work, once at its start."""

import logging

from seller.catalog import CatalogProblem, read_catalog
from sft.client import SftClient
from sft.errors import SftError

logger = logging.getLogger("worker")


async def compare_catalog(sft: SftClient, name: str) -> None:
    """Warns of products whose plan the SFT account does not have. Nothing that goes wrong here stops a sale."""
    try:
        bought = read_catalog(name).plans
        plans = await sft.get_addon_plans()
    except (CatalogProblem, SftError) as error:
        logger.info("The catalog was not compared with the plans at SFT: %s", error)
        return
    missing = plans.missing(dict.fromkeys(bought.values()))
    if missing and not plans.plan_ids:
        logger.info("The catalog was not compared with the plans at SFT: no plan can be read in its answer")
    elif missing:
        logger.warning(
            "SFT's QueryRatePlan does not list %s of the catalog %s: purchases of them will stop at needs_attention",
            ", ".join(missing),
            name,
        )
