"""ICCIDs, the numbers of SIMs: one and the same is written in groups or not, and with or without the F that pads it to
twenty digits."""

import re


def same_iccid(one: str, other: str) -> bool:
    """Whether both are the number of one SIM."""
    return _digits(one) == _digits(other)


def is_another_iccid(one: str, other: str) -> bool:
    """Whether these are two SIMs, however both are written: also with its check digit and without."""
    one, other = _digits(one), _digits(other)
    return not (one.startswith(other) or other.startswith(one))


def _digits(iccid: str) -> str:
    return re.sub("[^0-9A-Za-z]", "", iccid).rstrip("Ff")
