"""The products on sale, over REST."""

from fastapi import APIRouter

from contract.message import Message
from portal.shop import Shop


class ProductOnSale(Message):
    """A product of the catalog."""

    product: str
    plan_id: str


def router(shop: Shop) -> APIRouter:
    """What can be asked about products."""
    routes = APIRouter(prefix="/products", tags=["Products"])

    @routes.get("", summary="The products on sale", response_description="In the order of the catalog")
    async def products() -> list[ProductOnSale]:
        """What a purchase can name as its product without saying which plan that is."""
        return [ProductOnSale(product=product, plan_id=plan_id) for product, plan_id in shop.products.items()]

    return routes
