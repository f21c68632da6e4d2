"""How ids, moments and nothing are written."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tools.simulator.habits.habit import Habit, Retell, every_object, every_value

DATE_FORM: Final = "%d/%m/%Y %H:%M:%S"
LEFT_OUT: Final = object()
EMPTY_FORMS: Final[tuple[tuple[str, object, str], ...]] = (
    ("empty_null", None, "null"),
    ("empty_dash", "-", "a dash"),
    ("empty_text", "", 'the text ""'),
    ("empty_object", {}, "{}"),
    ("empty_left_out", LEFT_OUT, "left out"),
)
MAY_BE_EMPTY: Final = ("promotionalPlans", "benefitInfo", "rows", "responseParam")
ZONE_NAMES: Final = {"zone_east": "Pacific/Auckland", "zone_west": "America/Los_Angeles"}


def _empty_as(form: object) -> Retell:
    def change(_: str, value: object) -> object:
        if not isinstance(value, dict):
            return value
        told = {key: form if key in MAY_BE_EMPTY and _is_empty(one) else one for key, one in value.items()}
        return {key: one for key, one in told.items() if one is not LEFT_OUT}

    return every_object(change)


def _is_empty(value: object) -> bool:
    return value in ([], {}, {"plan": []}, {"benefit": []})


def _ids(kind: Callable[[str], object]) -> Retell:
    def change(field: str, value: object) -> object:
        is_id = field.lower().endswith(("id", "msisdn", "imsi", "balance", "code")) and not isinstance(value, bool)
        number = is_id and isinstance(value, str | int) and re.fullmatch("0|[1-9][0-9]*", str(value))
        return kind(str(value)) if number else value

    return every_value(change)


def _in_zone(name: str) -> Retell:
    zone = ZoneInfo(name)

    def change(_: str, value: object) -> object:
        try:
            moment = datetime.strptime(str(value), DATE_FORM).replace(tzinfo=UTC)
        except ValueError:
            return value
        return moment.astimezone(zone).strftime(DATE_FORM)

    return every_value(change)


IDS: Final = (
    Habit("ids_as_text", "id", "ids, codes and balances are always text", _ids(str)),
    Habit("ids_as_numbers", "id", "ids, codes and balances are always numbers", _ids(int)),
)

ZONES: Final = tuple(
    Habit(name, "zone", f"dates are {zone}'s", _in_zone(zone), {"SFT_TIME_ZONE": zone})
    for name, zone in ZONE_NAMES.items()
)

EMPTY: Final = tuple(
    Habit(name, "empty", f"what is empty is {words}", _empty_as(form)) for name, form, words in EMPTY_FORMS
)
