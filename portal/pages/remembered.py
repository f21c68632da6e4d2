"""The purchases that a browser remembers, so that they are found again before there is an eSIM."""

from hashlib import blake2b
from secrets import token_hex
from typing import Final

from pydantic import BaseModel, Field, ValidationError

MOST: Final = 20


def _digest(purchase: str) -> str:
    return blake2b(purchase.encode(), digest_size=6).hexdigest()


class RememberedPurchases(BaseModel):
    """Signed into a cookie. ``newest`` first, of this traveler alone."""

    traveler_id: str
    key: str = Field(default_factory=lambda: token_hex(8))
    """Keeps two browsers of one traveler from making the same purchase ids."""
    count: int = 0
    newest: list[str] = Field(default_factory=list)
    ticked: list[str] = Field(default_factory=list)
    """Digests of those that failed, of which the traveler has read."""

    @classmethod
    def read(cls, text: str | None, traveler_id: str) -> "RememberedPurchases":
        """What was remembered; nothing, where it was for somebody else."""
        try:
            purchases = cls.model_validate_json(text or "")
        except ValidationError:
            return cls(traveler_id=traveler_id)
        return purchases if purchases.traveler_id == traveler_id else cls(traveler_id=traveler_id)

    @classmethod
    def unread(cls, shown: str, traveler_id: str) -> "RememberedPurchases":
        """In place of what cannot be verified: the same for as long as a browser shows the same."""
        return cls(traveler_id=traveler_id, key=purchase_id(shown))

    def next_id(self, product: str) -> str:
        """The id of the next purchase of this product: the same on every page that is shown until something is bought.

        This is what makes a reload and a second tab buy once, and not the double click alone.
        """
        return purchase_id(self.traveler_id, self.key, str(self.count), product)

    def add(self, purchase: str) -> None:
        """Remembers one; what is known already changes nothing."""
        if purchase not in self.newest:
            self.newest = [purchase, *self.newest][:MOST]
            self.count += 1

    def has_read(self, purchase: str) -> bool:
        """Whether the traveler has read that this one failed."""
        return _digest(purchase) in self.ticked

    def tick_off(self, purchase: str) -> None:
        """The traveler has read that this one failed."""
        if not self.has_read(purchase):
            self.ticked = [_digest(purchase), *self.ticked][:MOST]


def purchase_id(*parts: str) -> str:
    """An id that only the same parts have."""
    return f"W-{blake2b(chr(0).join(parts).encode(), digest_size=16).hexdigest()}"
