"""What the catalog tells of a product, as travelers read it: what templates call as filters."""

from typing import Final

from languages.countries import country, in_order, listed
from languages.figures import days, number, volume
from languages.speaking import say
from languages.text import marked
from seller.catalog_product import CatalogProduct

UNLIMITED: Final = marked("Unlimited data")
MORE_PLACES: Final = marked("%(number)s more countries")

MOST_PLACES: Final = 4
"""Countries that are named where there is little room; of more, all but two are counted."""


def facts(product: CatalogProduct | None) -> list[str]:
    """How much is bought and for how long, as far as the catalog says: ``["30 GB", "30 days"]``."""
    if product is None:
        return []
    amount = volume(product.data_bytes) if product.data_bytes else say(UNLIMITED) if product.is_unlimited else ""
    return [fact for fact in (amount, days(product.days) if product.days else "") if fact]


def places(product: CatalogProduct, most: int = MOST_PLACES) -> str:
    """The countries where it can be used; empty where the catalog does not say."""
    names = [country(code) for code in in_order(set(product.countries))]
    if len(names) <= most:
        return listed(names)
    shown = names[: most - 1]
    return listed([*shown, say(MORE_PLACES, number=number(len(names) - len(shown)))])
