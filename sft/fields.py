"""Pydantic types for values on the SFT wire: ids as text or numbers, ``"-"`` for none, dates, one or a list."""

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, ValidationInfo

from sft.assumptions import MOST_BYTES, NO_PLANS, NO_VALUE, PLAN_MAY_BE_ONE_OBJECT
from sft.reading import Answering

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?")
DATE: Final = re.compile("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})")
"""How SFT writes a moment."""


def text(value: object) -> str | None:
    """Text or a number as text; None for null, "", "-" (observed) and words that mean no value. Else ValueError."""
    if isinstance(value, str):
        value = value.strip()
        return None if value.casefold() in NO_VALUE else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        return None
    raise ValueError("must be text or a number")


def moment(value: object, time_zone: tzinfo = UTC, *, fold: int = 0) -> datetime | None:
    """A date of the form ``dd/mm/YYYY HH:MM:SS`` in that zone, as UTC; None for ``"-"``. Else ValueError.

    An hour that a clock change skips is read as if the clock had not changed; of one that comes twice, ``fold`` says
    which is meant: 0 the earlier, 1 the later.
    """
    if isinstance(value, datetime):
        return value
    written = text(value)
    if written is None:
        return None
    date = DATE.fullmatch(written)  # strptime takes four times as long, and an endpoint may show thousands
    if date is None:
        raise ValueError("must be a date such as 31/12/2026 23:59:59")
    day, month, year, hour, minute, second = map(int, date.groups())
    local = datetime(year, month, day, hour, minute, second, tzinfo=time_zone, fold=fold)
    try:
        return local.astimezone(UTC)
    except OverflowError:  # in the year 1 or 9999, which are no dates anyway
        return local.replace(tzinfo=UTC)


def whole_number(value: object) -> int | None:
    """A count of bytes, a fraction cut off; None for ``"-"`` and for more than can be meant. Else ValueError."""
    written = str(value) if isinstance(value, float) else text(value)
    if written is None:
        return None
    if not _NUMBER.fullmatch(written):
        raise ValueError("must be a number")
    number = int(Decimal(written))
    return number if abs(number) < MOST_BYTES else None


def listed(value: object) -> object:
    """What may come as one object or as a list, as a list; none at all as an empty one."""
    if value in NO_PLANS:
        return []
    return [value] if PLAN_MAY_BE_ONE_OBJECT and isinstance(value, dict) else value


def plan_list(value: object) -> object:
    """The list under ``promotionalPlans``. ValueError for an object with something in it, but no ``plan``."""
    if isinstance(value, dict) and value:
        if "plan" not in value:
            raise ValueError("must have a plan")
        value = value["plan"]
    return listed(value)


def benefit_list(value: object, info: ValidationInfo) -> object:
    """The list under ``benefitInfo``; an empty one for anything that holds none: balances are worth no error."""
    if isinstance(value, dict):
        value = value.get("benefit")
    rows = listed(value)
    if isinstance(rows, list):
        return rows
    unreadable(info, "info.benefitInfo.benefit")
    return []


def unreadable(info: ValidationInfo, field: str) -> None:
    """Says that a field of the answer that is being read cannot be read, where it is a client who reads."""
    if isinstance(info.context, Answering):
        info.context.unreadable(f"Response.{field}")


def basic_text(value: object, info: ValidationInfo) -> str | None:
    """Text of ``info.basicInfo``, or None: what stands there is worth no error."""
    try:
        return text(value)
    except ValueError:
        unreadable(info, f"info.basicInfo.{info.field_name}")
        return None


def _time_zone(info: ValidationInfo) -> tzinfo:
    return info.context.reading.time_zone if isinstance(info.context, Answering) else UTC


def _start(value: object, info: ValidationInfo) -> datetime | None:
    return moment(value, _time_zone(info))


def _end(value: object, info: ValidationInfo) -> datetime | None:
    return moment(value, _time_zone(info), fold=1)


Text = Annotated[str | None, BeforeValidator(text)]
BasicText = Annotated[str | None, BeforeValidator(basic_text)]
Start = Annotated[datetime | None, BeforeValidator(_start)]
End = Annotated[datetime | None, BeforeValidator(_end)]
"""An end in the hour that comes twice is the later one: nobody is told too early that something is over."""

Bytes = Annotated[int | None, BeforeValidator(whole_number)]
