"""The products on sale, over REST."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints

from contract.amounts import Bytes
from contract.countries import country_code
from contract.failure import INVALID_REQUEST
from contract.message import Message
from portal.api.openapi import NEXT, documented
from portal.found_products import found_products
from portal.shop import Shop
from seller.catalog_product import CatalogProduct

MOST_PRODUCTS: Final = 1000
"""Of the catalog, that are listed at a time."""

CountryCode = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]

Words = Annotated[
    str,
    Query(
        max_length=100,
        description="Each has to be in the name, the region, a network, or the name of a country in English.",
    ),
]
In = Annotated[
    CountryCode | None,
    AfterValidator(country_code),
    Query(description="Only those for this country: its code of ISO 3166-1, such as FR."),
]
Only = Annotated[
    Literal["listed", "hidden"] | None, Query(description="Only those that the shop lists, or that it hides.")
]
Limit = Annotated[int, Query(ge=1, le=MOST_PRODUCTS, description="How many to show at most.")]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, description="How many of the first to pass over.")]


class ProductOnSale(Message):
    """A product of the catalog."""

    product: str
    plan_id: str
    data_bytes: Bytes | None = Field(ge=1)
    unlimited: bool
    days: int | None = Field(ge=1)
    countries: list[CountryCode]
    region: str | None
    price: str | None
    image: str | None
    networks: list[str]
    apn: str | None
    hidden: bool

    @classmethod
    def of(cls, name: str, product: CatalogProduct) -> "ProductOnSale":
        """As the catalog has it."""
        told = product.model_dump(exclude={"data"})
        return cls(product=name, data_bytes=product.data_bytes, unlimited=product.is_unlimited, **told)


def router(shop: Shop) -> APIRouter:
    """What can be asked about products."""
    routes = APIRouter(prefix="/products", tags=["Products"])

    @routes.get(
        "",
        summary="The products on sale",
        responses={200: {"headers": NEXT, "description": "In the order of the catalog"}, **documented(INVALID_REQUEST)},
    )
    async def products(
        response: Response,
        words: Words = "",
        country: In = None,
        only: Only = None,
        limit: Limit = 100,
        offset: Offset = 0,
    ) -> list[ProductOnSale]:
        """What a purchase can name as its product without saying which plan that is, hidden ones too. Where there are
        more, the header `Link` has the address of the next."""
        hidden = None if only is None else only == "hidden"
        found = found_products(shop.catalog(), words, country, hidden=hidden)
        if len(found) > offset + limit:
            asked = {"words": words, "country": country, "only": only, "limit": limit, "offset": offset + limit}
            given = {name: value for name, value in asked.items() if value}
            response.headers["Link"] = f'</api/products?{urlencode(given)}>; rel="next"'
        return [ProductOnSale.of(name, found[name]) for name in list(found)[offset : offset + limit]]

    return routes
