"""ICCIDs, the numbers of SIMs: one and the same is written with and without the F that pads it to twenty digits."""


def same_iccid(one: str, other: str) -> bool:
    """Whether both are the number of one SIM."""
    return _digits(one) == _digits(other)


def _digits(iccid: str) -> str:
    return iccid.strip().rstrip("Ff")
