"""The field types that every message is made of, with the limits of the contract."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not contain control characters")
    return text


PurchaseId = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""The portal's id of one paid purchase, and the idempotency key of everything: 1 to 64 of ``A-Z a-z 0-9 . _ -``."""

TravelerId = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""The portal's id of a traveler: 1 to 64 of ``A-Z a-z 0-9 . _ -``."""

Product = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(_printable)]
"""The portal's product name: 1 to 200 printable characters."""

PlanId = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(_printable)]
"""SFT's planId, always as text: the definition of an add-on, made once. 1 to 200 printable characters."""

OrderedBy = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._@-]{1,64}$")]
"""Who ordered something, in the portal's own words: 1 to 64 of ``A-Z a-z 0-9 . _ @ -``."""

EmailAddress = Annotated[
    str,
    StringConstraints(strict=True, max_length=254, pattern=r"^[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+$"),
    AfterValidator(_printable),
]
"""One mailbox address (RFC 5321 allows at most 254 characters), without a display name."""
