"""E-mail addresses as people copy and type them."""

import re
import unicodedata
from typing import Any, Final

AROUND: Final = "\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What looks like nothing, and comes along when an address is copied."""

JOINERS: Final = "\u200c\u200d"
"""Which names of domains have in some languages."""

NEVER: Final = re.compile(r"[\s<>,;:\"()\[\]\\]")


def masked(address: object) -> str:
    """An address with nothing of its name but the first letter: enough to see what was mistyped behind the @."""
    name, at, host = str(address or "").partition("@")
    return f"{name[:1]}…@{host}" if at else "an address that is not known any more"


def trimmed_address(value: Any) -> Any:
    """An address without what is around it; anything but text as it is. Raises ValueError, which does not quote it, if
    it is not one address."""
    if not isinstance(value, str):
        return value
    address = value.strip().strip(AROUND).strip()
    local, _, domain = address.partition("@")
    if not local or not domain or "@" in domain:
        raise ValueError("must be one address, of the form name@example.com")
    for character in address:
        if NEVER.match(character):
            raise ValueError(f"must not have {character!a} in it: one address without a name")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs") and character not in JOINERS:
            raise ValueError(f"must not have U+{ord(character):04X} in it, which nobody can see")
    return address
