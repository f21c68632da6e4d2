"""The catalog: which planId of SFT each product on sale is, and what else is told of it."""

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator

from contract.ids import Product
from contract.message import Message, told
from contract.text import folded, look, text_of
from seller.catalog_product import CatalogProduct

SHIPPED: Final = Path(__file__).parent.with_name("catalog.toml")
"""What ESIM_CATALOG is meant to be replaced by: the two products of the guide."""

MOST_NAMED: Final = 10
"""Products, for somebody who asked for one that there is not."""

KEY: Final = "[key]"
"""What pydantic puts behind the name of a product that cannot be one."""

WANTED: Final = {
    "plan_id": "must be text of 1 to 200 characters, in quotes",
    "days": "must be a number of days, from 1 to 3650",
    "countries": 'must be a list of codes of two letters (ISO 3166-1), such as ["FR", "DE"]',
    "networks": "must be a list of names of 1 to 100 characters each",
    "image": "must be text of at most 500 characters, in quotes",
    "apn": "must be the name of an access point, such as internet.example",
    "hidden": "must be true or false",
}
"""What each field wants, where pydantic says it in words for programmers."""

TEXT_WANTED: Final = "must be text of 1 to 100 characters, in quotes"


class CatalogProblem(ValueError):
    """The catalog cannot be used. The message says in one sentence which file it is and what is wrong with it first;
    ``faults`` are all sentences that there are to say."""

    def __init__(self, sentence: str, *more: str) -> None:
        super().__init__(sentence)
        self.faults = (sentence, *more)


class UnknownProduct(Exception):
    """The catalog has no such product. The message lists those that it has."""


class Catalog(Message, extra="forbid"):
    """The products on sale, by their names. Where a product is its planId alone, that may stand in its place."""

    products: dict[Product, CatalogProduct] = Field(min_length=1)

    @field_validator("products")
    @classmethod
    def _can_be_told_apart(cls, products: dict[str, CatalogProduct]) -> dict[str, CatalogProduct]:
        seen: dict[str, str] = {}
        for name in products:
            if (other := seen.setdefault(look(name), name)) != name:
                raise ValueError(f"{other!a} and {name!a} look the same: give one of them another name")
        return products

    @cached_property
    def plans(self) -> Mapping[str, str]:
        """The planId of each product."""
        return {name: product.plan_id for name, product in self.products.items()}

    @cached_property
    def sought(self) -> Mapping[str, str]:
        """What each product is found by beside its countries: its name, region and networks, ``folded``."""
        return {
            name: folded(" ".join((name, product.region or "", *product.networks)))
            for name, product in self.products.items()
        }

    def named(self, product: str) -> str | None:
        """The name of the product that is called so, or looks the same; None if there is none."""
        return product if product in self.products else self._by_look.get(look(product))

    def plan_of(self, product: str, most_named: int = MOST_NAMED) -> str:
        """The planId of a product; raises UnknownProduct, which names at most so many of those that there are."""
        if name := self.named(product):
            return self.products[name].plan_id
        named = list(self.products)[:most_named]
        more = len(self.products) - len(named)
        known = ", ".join(map(repr, named)) + (f" and {more} more" if more else "")
        raise UnknownProduct(f"The catalog has no product {product!r}; it has {known}")

    def details(self, product: str, plan_id: str | None = None) -> CatalogProduct | None:
        """What is told of something that was bought: of the product of that name, unless that is another plan by now;
        then of the first product that is the plan. None if the catalog has neither."""
        name = self.named(product)
        if name and plan_id in (None, self.products[name].plan_id):
            return self.products[name]
        return self._by_plan.get(plan_id) if plan_id else None

    @cached_property
    def _by_look(self) -> Mapping[str, str]:
        return {look(name): name for name in self.products}

    @cached_property
    def _by_plan(self) -> Mapping[str, CatalogProduct]:
        return {product.plan_id: product for product in reversed(self.products.values())}


def catalog_path(name: str) -> Path:
    """Where the catalog is: a relative name is looked for in the current directory, and then beside this program."""
    path = Path(name)
    return path if path.exists() else SHIPPED.parent / name


def read_catalog(name: str) -> Catalog:
    """The catalog in a TOML file, whose table ``products`` maps names to planIds, or to tables with more about each.
    ``catalog_path`` says which file.

    Raises:
        CatalogProblem: if there is no such file, or it is no catalog.
    """
    path = catalog_path(name)
    try:
        return parsed(path.read_bytes(), path)
    except OSError as error:
        raise CatalogProblem(f"The catalog {name} cannot be read: {error.strerror}; see ESIM_CATALOG") from None


def parsed(content: bytes, path: Path) -> Catalog:
    """The catalog that a file says. Raises CatalogProblem."""
    try:
        return Catalog.model_validate(tomllib.loads(text_of(content)))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        sentences = (f"The catalog {path} cannot be used: {_sentence(fault)}" for fault in faults)
        raise CatalogProblem(*dict.fromkeys(sentences)) from None
    except ValueError as error:
        raise CatalogProblem(f"The catalog {path} is not TOML: {error}") from None


def _sentence(fault: Mapping[str, Any]) -> str:
    """What is wrong, in the words of who wrote the file: which product, which field, which value, and why."""
    first, *where = (str(part) for part in fault["loc"])
    if not where:
        return f"{_shown(first)}: {told(fault)}"
    product, *field = where
    about = f"product {_quoted(product)}"
    if not field or field[0] == KEY:
        return f"{about}: {told(fault)}"
    if fault["type"] == "missing":
        return f"{about} has no {field[0]}, which says what it is at SFT"
    if fault["type"] == "extra_forbidden":
        return f"{about} has a field {_shown(field[0])!r}, which means nothing: there are {', '.join(FIELDS)}"
    why = told(fault) if fault["type"] == "value_error" else WANTED.get(field[0], TEXT_WANTED)
    return f"{about}: {field[0]} {_quoted(fault['input'])} {why}"


FIELDS: Final = tuple(CatalogProduct.model_fields)


def _quoted(value: object) -> str:
    written = repr(value) if isinstance(value, str) and value.isprintable() else ascii(value)
    return written if len(written) <= 100 else f"{written[:99]}…"


def _shown(name: str) -> str:
    return name if name.isprintable() else ascii(name)
