"""What the shop shows of its products at a time: those that somebody looks for, page by page."""

import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from contract.subscription import Subscription
from languages.countries import in_order
from portal.found_products import Products, countries_of, found_products
from seller.catalog import Catalog

EACH: Final = 24
"""Products on a page."""

FEW: Final = 6
"""Products that nobody has to search through."""

LONGEST_WORDS: Final = 100

PAGE: Final = re.compile("[0-9]{1,6}")


@dataclass(frozen=True)
class Shelf:
    """One page of products: for a first purchase, or for the eSIM of a traveler who asks."""

    products: Products
    total: int
    """How many were found."""
    is_large: bool
    """Whether there is enough to search through."""
    countries: list[str]
    """Those that can be chosen."""
    words: str
    country: str
    page: int
    pages: int
    esim: Subscription | None

    @classmethod
    def of(cls, catalog: Catalog, asked: QueryParams, esim: Subscription | None = None) -> "Shelf":
        """What an address asks for. What it says that nobody could have chosen counts as not said."""
        hidden = None if esim else False
        offered = found_products(catalog, hidden=hidden)
        countries = in_order(countries_of(offered))
        words, country = asked.get("words", "").strip()[:LONGEST_WORDS], asked.get("country", "")
        country = country if country in countries else ""
        found = found_products(catalog, words, country, hidden=hidden) if words or country else offered
        pages = max(1, math.ceil(len(found) / EACH))
        written = asked.get("page", "")
        page = min(max(1, int(written)), pages) if PAGE.fullmatch(written) else 1
        shown = list(found)[(page - 1) * EACH : page * EACH]
        is_large = len(offered) > FEW
        shelf = {name: found[name] for name in shown}
        return cls(shelf, len(found), is_large, countries, words, country, page, pages, esim)

    @property
    def kept(self) -> dict[str, str]:
        """What the address of this page says, for one that shows the same in another way."""
        said = {"esim": self.esim.endpoint_id if self.esim else "", "words": self.words, "country": self.country}
        return {name: value for name, value in (said | {"page": str(self.page)}).items() if value}

    def turned(self, pages: int) -> str:
        """The address of the page that comes so many after this one, relative to it."""
        return "?" + urlencode(self.kept | {"page": self.page + pages})
