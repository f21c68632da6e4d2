"""Pages of a list: SFT may give fewer rows than it is asked for, and does not say whether there are more."""

from typing import Final

COMMON_SIZES: Final = (10, 20, 25, 50, 100, 200, 250, 500, 1000)
"""How many rows a page commonly has at most."""


def may_be_full(rows: int, asked_for: int | None = None) -> bool:
    """Whether there may be more rows than these: as many as were asked for, or as a page commonly has (assumption)."""
    return rows in COMMON_SIZES or (asked_for is not None and rows >= asked_for)
