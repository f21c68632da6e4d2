"""The field types that every message is made of, with the limits of the contract."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from contract.mail_address import trimmed_address
from contract.text import printable
from contract.wanted_speech import LANGUAGE_TAG, TIME_ZONE, language_tag, time_zone

ID: Final = r"^\.*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
"""What an id looks like, however long it may be. ``.`` and ``..`` are none: no address can hold them, as whoever reads
one takes them for a folder. So are more full stops alone, which keeps this as simple as it is."""


def is_id(text: str, longest: int = 64) -> bool:
    """Whether a text can be the id of a purchase, a traveler, an endpoint."""
    return len(text) <= longest and re.fullmatch(ID, text) is not None


def _is_id(longest: int) -> AfterValidator:
    def checked(value: str) -> str:
        if not is_id(value, longest):
            raise ValueError(f"must be 1 to {longest} of A-Z a-z 0-9 . _ -, and not full stops alone")
        return value

    return AfterValidator(checked)


def _id_schema(longest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": longest, "pattern": ID})


PurchaseId = Annotated[str, StringConstraints(strict=True), _is_id(64), _id_schema(64)]
"""The portal's id of one paid purchase, and the idempotency key of everything: 1 to 64 of ``A-Z a-z 0-9 . _ -``, and
not full stops alone."""

TravelerId = Annotated[str, StringConstraints(strict=True), _is_id(64), _id_schema(64)]
"""The portal's id of a traveler: the same."""

Product = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(printable)]
"""The portal's product name: 1 to 200 printable characters (contract/text.py)."""

PlanId = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(printable)]
"""SFT's planId, always as text: the definition of an add-on, made once. 1 to 200 printable characters."""

OrderedBy = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(printable)]
"""Who ordered something, as the portal calls them: an operator's name, say, or that of a key. 1 to 200 printable
characters."""

BulkKey = Annotated[str, StringConstraints(strict=True), _is_id(64), _id_schema(64)]
"""Whose many orders an order is one of, a reseller's say: an id like the others, as Temporal allows a fairness key 64
bytes."""

EsimName = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=80), AfterValidator(printable)]
"""What a traveler calls an eSIM, ``Paris trip`` say: 1 to 80 printable characters."""

EmailAddress = Annotated[
    str,
    StringConstraints(strict=True, max_length=254, pattern=r'^[^@\s<>,;:"()\[\]\\]+@[^@\s<>,;:"()\[\]\\]+$'),
    BeforeValidator(trimmed_address),
]
"""One mailbox address (RFC 5321 allows at most 254 characters), without a display name; blanks around it are dropped.
"""

EndpointId = Annotated[str, StringConstraints(strict=True), _is_id(50), _id_schema(50)]
"""SFT's id of an endpoint, where somebody else tells it: it becomes part of a workflow id."""

UniqueId = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(printable)]
"""SFT's id of an add-on instance, where somebody else tells it: 1 to 200 printable characters."""

Iccid = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{18,22}[Ff]?$")]
"""The number of a SIM, as it is written on it: 18 to 22 digits, maybe with the F that pads it."""

LanguageTag = Annotated[str, StringConstraints(strict=True, pattern=LANGUAGE_TAG), BeforeValidator(language_tag)]
"""A language that a traveler reads, as browsers and BCP 47 write it: ``de``, ``pt-BR``. Any is taken."""

TimeZoneName = Annotated[str, StringConstraints(strict=True, pattern=TIME_ZONE), BeforeValidator(time_zone)]
"""The time zone of a traveler, by its name in the IANA database: ``Europe/Paris``. Any is taken."""
