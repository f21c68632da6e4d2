"""SFT's words for the state of an endpoint or a SIM: it spells them differently from place to place (documentation)."""

from typing import Final

UNUSED: Final = "Pre-Active"
ACTIVE: Final = "Active"
SUSPENDED: Final = "Suspended"
ATTACHED: Final = "ATTACHED"
"""Of a SIM: that it is attached to an endpoint."""


def is_state(word: str | None, *states: str) -> bool:
    """Whether SFT's word means one of these states: only letters count, ``PreActive`` and ``PRE_ACTIVE`` are the same.

    A word that is not known, or none, means none of them.
    """
    return word is not None and letters(word) in map(letters, states)


def letters(word: str) -> str:
    """The letters of a word, in lower case: how states are compared."""
    return "".join(letter for letter in word.casefold() if letter.isalpha())
