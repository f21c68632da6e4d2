"""Amounts of data as people read them: the same everywhere."""

from typing import Annotated, Final, Literal

from pydantic import Field

Bytes = Annotated[int, Field(json_schema_extra={"format": "int64"})]
"""An amount of data. 30 GB are more than 32 bits can count: what makes programs of schemas has to be told."""

DataUnits = Literal["decimal", "binary"]
"""What a gigabyte is: 1,000,000,000 bytes, or 1,073,741,824."""

BYTES_OF_A_GIGABYTE: Final[dict[DataUnits, int]] = {"decimal": 10**9, "binary": 2**30}


def gigabytes(amount: int, units: DataUnits) -> str:
    """How many gigabytes these bytes are, without the unit: ``24.0``, ``0.05``. A rest is not rounded to none."""
    size = amount / BYTES_OF_A_GIGABYTE[units]
    if 0 < size < 0.01:
        return "less than 0.01"
    return f"{size:.2f}" if 0 < round(size, 2) < 0.1 else f"{size:.1f}"
