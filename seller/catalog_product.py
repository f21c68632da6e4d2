"""What the catalog says of one product: its plan at SFT, and what travelers are told of it."""

import re
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt, StringConstraints, model_validator

from contract.countries import country_code
from contract.ids import PlanId
from contract.message import Message
from contract.text import printable

UNLIMITED: Final = "unlimited"

UNITS: Final = {
    **{"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12},
    **{"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40},
}
"""Bytes of each, as IEC 80000-13 has them."""

AMOUNT: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([KMGT]i?B)", re.IGNORECASE)

MOST_BYTES: Final = 10**15

IMAGE: Final = re.compile(r"(?:/[A-Za-z0-9_~@%+,=-][A-Za-z0-9._~@%+,=-]*)+")
"""A path without ``..``, and without what browsers take for the beginning of another host's address."""

APN: Final = r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,98}[A-Za-z0-9])?$"
"""3GPP TS 23.003, 9.1: labels of letters, digits and hyphens, 100 characters at most."""

Item = TypeVar("Item")


def _bytes(value: Any) -> Any:
    if isinstance(value, str) and value.strip().casefold() == UNLIMITED:
        return UNLIMITED
    if isinstance(value, str) and (written := AMOUNT.fullmatch(value.strip())):
        value = int(Decimal(written[1]) * UNITS[written[2].upper()])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_BYTES:
        raise ValueError('must be an amount such as "30 GB" or "500 MB", a number of bytes, or "unlimited"')
    return value


def _path(image: str) -> str:
    if not IMAGE.fullmatch(image):
        raise ValueError(
            "must be a path of the shop's own address, such as /images/europe.webp: the pages' Content-Security-Policy "
            "lets a browser load nothing from elsewhere"
        )
    return image


def _once(items: tuple[Item, ...]) -> tuple[Item, ...]:
    if twice := [item for number, item in enumerate(items) if item in items[:number]]:
        raise ValueError(f"must not name {twice[0]} twice")
    return items


Words = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100), AfterValidator(printable)]
Country = Annotated[str, BeforeValidator(country_code)]
Image = Annotated[str, StringConstraints(strict=True, max_length=500), AfterValidator(_path)]


class CatalogProduct(Message, extra="forbid", frozen=True):
    """One product of the catalog. All but ``plan_id`` is optional, and None or empty where the catalog does not say.

    ``hidden``: it is not shown in the shop, and can be bought over REST, and for an eSIM that a traveler has.
    """

    plan_id: PlanId
    data: Annotated[StrictInt | Literal["unlimited"] | None, BeforeValidator(_bytes)] = None
    """How much is bought, in bytes."""
    days: StrictInt | None = Field(default=None, ge=1, le=3650)
    """How long it can be used."""
    countries: Annotated[tuple[Country, ...], AfterValidator(_once)] = Field(default=(), max_length=300)
    """Where it can be used: codes of ISO 3166-1, in capitals."""
    region: Words | None = None
    """What these countries are called together, as the seller calls them."""
    price: Words | None = None
    """As it is shown, with its currency."""
    image: Image | None = None
    """A path of the shop's own address."""
    networks: Annotated[tuple[Words, ...], AfterValidator(_once)] = Field(default=(), max_length=100)
    """The networks that it can be used in."""
    apn: Annotated[str, StringConstraints(strict=True, pattern=APN)] | None = None
    """The access point that a phone has to be told."""
    hidden: StrictBool = False

    @model_validator(mode="before")
    @classmethod
    def _is_a_plan_or_a_table(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"plan_id": value}
        if not isinstance(value, dict | CatalogProduct):
            raise ValueError("must be its planId in quotes, or a table such as { plan_id = '…', days = 30 }")
        return value

    @property
    def data_bytes(self) -> int | None:
        """How much is bought, in bytes; None if that is not known, or has no limit."""
        return self.data if isinstance(self.data, int) else None

    @property
    def is_unlimited(self) -> bool:
        """Whether it is data without a limit."""
        return self.data == UNLIMITED
