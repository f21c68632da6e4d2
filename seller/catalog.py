"""The catalog: which planId of SFT each product on sale is."""

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError, field_validator

from contract.ids import PlanId, Product
from contract.message import Message, told
from contract.text import look, text_of

SHIPPED: Final = Path(__file__).parent.with_name("catalog.toml")
"""What ESIM_CATALOG is meant to be replaced by: the two products of the guide."""


class CatalogProblem(ValueError):
    """The catalog cannot be used. The message says in one sentence which file it is and what is wrong with it."""


class UnknownProduct(Exception):
    """The catalog has no such product. The message lists those that it has."""


class Catalog(Message, extra="forbid"):
    """The products on sale, each with its planId."""

    products: dict[Product, PlanId] = Field(min_length=1)

    @field_validator("products")
    @classmethod
    def _can_be_told_apart(cls, products: dict[str, str]) -> dict[str, str]:
        seen: dict[str, str] = {}
        for name in products:
            if (other := seen.setdefault(look(name), name)) != name:
                raise ValueError(f"{other!a} and {name!a} look the same: give one of them another name")
        return products

    def plan_of(self, product: str, most_named: int | None = None) -> str:
        """The planId of a product; raises UnknownProduct, which names at most so many of those that there are."""
        if name := named_in(self.products, product):
            return self.products[name]
        named = list(self.products)[:most_named]
        more = len(self.products) - len(named)
        known = ", ".join(map(repr, named)) + (f" and {more} more" if more else "")
        raise UnknownProduct(f"The catalog has no product {product!r}; it has {known}")


def named_in(products: Collection[str], product: str) -> str | None:
    """The name among these that is this one, or looks the same; None if there is none."""
    if product in products:
        return product
    sought = look(product)
    return next((name for name in products if look(name) == sought), None)


def catalog_path(name: str) -> Path:
    """Where the catalog is: a relative name is looked for in the current directory, and then beside this program."""
    path = Path(name)
    return path if path.exists() else SHIPPED.parent / name


def read_catalog(name: str) -> Catalog:
    """The catalog in a TOML file, whose table ``products`` maps names to planIds. ``catalog_path`` says which file.

    Raises:
        CatalogProblem: if there is no such file, or it is no catalog.
    """
    path = catalog_path(name)
    try:
        return Catalog.model_validate(tomllib.loads(text_of(path.read_bytes())))
    except OSError as error:
        raise CatalogProblem(f"The catalog {name} cannot be read: {error.strerror}; see ESIM_CATALOG") from None
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(_shown(str(part)) for part in fault["loc"] if part != "[key]")
        raise CatalogProblem(f"The catalog {path} cannot be used: {where}: {told(fault)}") from None
    except ValueError as error:
        raise CatalogProblem(f"The catalog {path} is not TOML: {error}") from None


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)
