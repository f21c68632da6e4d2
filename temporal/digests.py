"""Digests that an eSIM is found by in Temporal's lists, which are not encrypted, in the place of its ICCID and MSISDN.

Made with a key that is derived from the newest encryption key, so that whoever can only read the lists cannot try
numbers out. Without encryption keys they are made with none: then the numbers are readable in that namespace anyway.
"""

import hmac
import re
from typing import TYPE_CHECKING, Final

from contract.esim import EsimDigests

# Not imported at runtime, so that a process without keys is spared the import of cryptography.
if TYPE_CHECKING:
    from temporal.encryption.keys import KeyRing

PURPOSE: Final = b"esim-lookup-digest"
"""What keys are derived for: no digest tells anything about a key that encrypts."""

NOT_PART: Final = re.compile("[^0-9A-Za-z]")
"""What the same number is written with and without: spaces, a plus."""

PADDING: Final = "Ff"
"""What pads an ICCID."""

LENGTH: Final = 32


class Digests:
    """Makes digests with the keys of a process; with none where it has none."""

    def __init__(self, keys: "KeyRing | None" = None) -> None:
        ring = [keys.newest, *keys.by_label.values()] if keys else []
        self._keys = [hmac.digest(key.material, PURPOSE, "sha256") for key in dict.fromkeys(ring)]
        self._keys.append(b"")  # for what was sold before there were keys

    def of(self, iccid: str, msisdn: str | None) -> EsimDigests:
        """What an eSIM with these numbers is to be found by."""
        return EsimDigests(iccid=self.iccid(iccid)[0], msisdn=self.msisdn(msisdn)[0] if msisdn else None)

    def iccid(self, number: str) -> list[str]:
        """All that an eSIM with this ICCID can be found by: it may have been sold under any of the keys."""
        return self._made("iccid", number)

    def msisdn(self, number: str) -> list[str]:
        """The same for an MSISDN."""
        return self._made("msisdn", number)

    def _made(self, kind: str, number: str) -> list[str]:
        text = f"{kind}:{NOT_PART.sub('', number).rstrip(PADDING)}".encode()
        return [hmac.digest(key, text, "sha256").hex()[:LENGTH] for key in self._keys]


WITHOUT_KEYS: Final = Digests()
