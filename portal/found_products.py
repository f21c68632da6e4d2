"""Products of the catalog that somebody looks for, by words and by country: on the shop's page, and over REST."""

from contract.text import folded
from languages.countries import countries_like
from seller.catalog import Catalog
from seller.catalog_product import CatalogProduct

Products = dict[str, CatalogProduct]


def found_products(
    catalog: Catalog, words: str = "", country: str | None = None, *, hidden: bool | None = None
) -> Products:
    """Those that have each of these words in their name, their region, a network or the name of a country, and can be
    used in this country; in the order of the catalog. ``hidden`` leaves only those that are, or are not.

    Countries are looked for as the language that is spoken calls them, and in English.
    """
    sought = [(word, countries_like(word)) for word in folded(words).split()]

    def fits(name: str, product: CatalogProduct) -> bool:
        if country and country not in product.countries:
            return False
        text = catalog.sought[name]
        return all(word in text or not places.isdisjoint(product.countries) for word, places in sought)

    return {
        name: product
        for name, product in catalog.products.items()
        if hidden in (None, product.hidden) and fits(name, product)
    }


def countries_of(products: Products) -> set[str]:
    """Where any of these can be used."""
    return {country for product in products.values() for country in product.countries}
