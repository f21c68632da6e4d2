"""The activation code of an eSIM, in every form that operators write it in (GSMA SGP.22, 4.1)."""

import re
from typing import Final, NamedTuple

CODE: Final = re.compile(
    r"""
    (?:LPA\s*:\s*)?1
    \$\s*([A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?(?::[0-9]{1,5})?)\s*    # the SM-DP+ address, a name of a host
    \$\s*([!-\#%-~]+)\s*                                           # the matching id
    (?:\$\s*([0-9]+(?:\.[0-9]+)+)?\s*)?                            # the object id of the SM-DP+
    (?:\$\s*([01])?\s*)?                                           # whether a confirmation code is asked for
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)

BLANKS: Final = re.compile("[\\s\ufeff\u200b\u2060]+")
"""What looks like nothing."""

LONGEST: Final = 255
"""Characters (SGP.22, 4.1): no phone takes more, and a QR code has room for only some more."""


class ActivationCode(NamedTuple):
    """What an activation code says. The matching id is a secret."""

    smdp_address: str
    matching_id: str
    object_id: str
    needs_confirmation_code: bool
    """Whether the phone asks for a confirmation code, which is not in it."""

    def __str__(self) -> str:
        flag = "$1" if self.needs_confirmation_code else ""
        more = f"${self.object_id}{flag}" if self.object_id or flag else ""
        return f"LPA:1${self.smdp_address}${self.matching_id}{more}"

    def __repr__(self) -> str:
        return f"ActivationCode(smdp_address={self.smdp_address!r}, matching_id=…)"


def read_code(text: str) -> ActivationCode:
    """What an activation code says: with ``LPA:`` or without, in letters of any size, with blanks around its parts,
    the flag for a confirmation code with or without the object id before it.

    Raises ValueError, which does not quote it, for what no phone could install.
    """
    parts = CODE.fullmatch(BLANKS.sub(" ", text).strip())
    code = parts and ActivationCode(parts[1], parts[2], parts[3] or "", parts[4] == "1")
    if code is None or len(str(code)) > LONGEST:
        raise ValueError(
            f"the activation code is not of the form LPA:1$<SM-DP+ address>$<matching id>, of at most {LONGEST} letters"
        )
    return code


def normalised(text: str) -> str:
    """The code as phones take it, ``LPA:1$<SM-DP+ address>$<matching id>``; raises what ``read_code`` raises."""
    return str(read_code(text))


def asks_for_confirmation(text: str) -> bool | None:
    """Whether the phone will ask for a confirmation code; None where the activation code is not known, or is none."""
    try:
        return read_code(text).needs_confirmation_code
    except ValueError:
        return None
