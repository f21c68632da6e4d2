"""How states are spelled."""

from collections.abc import Callable
from typing import Final

from tools.simulator.habits.habit import Habit, Retell, every_value

FIELDS: Final = ("simStatus", "status", "previousStatus", "currentStatus")


def _spelled(spell: Callable[[str, str], str | None]) -> Retell:
    return every_value(
        lambda field, value: spell(field, value) if field in FIELDS and isinstance(value, str) else value
    )


def _differently(field: str, state: str) -> str:
    match field:
        case "simStatus":
            return state
        case "status":
            return state.replace("-", "_").upper()
        case _:
            return state.replace("-", "")


STATES: Final = (
    Habit("states_joined", "state", "PreActive, Active, Suspended", _spelled(lambda _, state: state.replace("-", ""))),
    Habit("states_in_capitals", "state", "PRE-ACTIVE, ACTIVE, SUSPENDED", _spelled(lambda _, state: state.upper())),
    Habit(
        "states_in_small_letters",
        "state",
        "pre active, active, suspended",
        _spelled(lambda _, state: state.lower().replace("-", " ")),
    ),
    Habit(
        "states_differ", "state", "spelled differently in fetchSIM, in profiles and in answers", _spelled(_differently)
    ),
    Habit(
        "state_unknown_in_profile",
        "state",
        "a profile does not say the state",
        _spelled(lambda field, state: None if field == "status" else state),
    ),
    Habit(
        "state_nobody_knows",
        "state",
        "an active endpoint is Active-Test in its profile, as OEM accounts have it",
        _spelled(lambda field, state: "Active-Test" if (field, state) == ("status", "Active") else state),
    ),
)
