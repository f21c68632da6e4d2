"""Pydantic types for values on the SFT wire: ids as text or numbers, ``"-"`` for none, dates, one or a list."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import BeforeValidator

from sft.assumptions import NO_PLANS, PLAN_MAY_BE_ONE_OBJECT, TIME_ZONE

_DATE: Final = re.compile("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})")


def text(value: object) -> str | None:
    """Text or a number as text; None for null, "" and "-" (observed client behaviour). Else ValueError."""
    if isinstance(value, str):
        value = value.strip()
        return None if value in ("", "-") else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        return None
    raise ValueError("must be text or a number")


def moment(value: object) -> datetime | None:
    """A date of the form ``dd/mm/YYYY HH:MM:SS``, in UTC; None for ``"-"``. Else ValueError."""
    if isinstance(value, datetime):
        return value
    written = text(value)
    if written is None:
        return None
    if date := _DATE.fullmatch(written):  # strptime takes four times as long, and an endpoint may show thousands
        day, month, year, hour, minute, second = map(int, date.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=TIME_ZONE)
    raise ValueError("must be a date such as 31/12/2026 23:59:59")


def whole_number(value: object) -> int | None:
    """A count of bytes, a fraction cut off; None for ``"-"``. Else ValueError."""
    written = text(value)
    if written is None:
        return None
    number = re.fullmatch(r"(-?[0-9]{1,30})(?:\.[0-9]*)?", written)
    if number is None:
        raise ValueError("must be a number")
    return int(number[1])


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


Id = Annotated[str, BeforeValidator(text)]
"""An id that has to be there, always as text."""

Text = Annotated[str | None, BeforeValidator(text)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Bytes = Annotated[int | None, BeforeValidator(whole_number)]
