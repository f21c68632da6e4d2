"""ICCIDs, the numbers of SIMs: one and the same is written in groups or not, and with or without the F that pads it to
twenty digits."""

import re


def same_iccid(one: str, other: str) -> bool:
    """Whether both are the number of one SIM."""
    return _digits(one) == _digits(other)


def _digits(iccid: str) -> str:
    return re.sub("[^0-9A-Za-z]", "", iccid).rstrip("Ff")
