"""What rows there are, and what is in them."""

from collections.abc import Callable
from typing import Final

from tools.simulator.answer import Answer, Json
from tools.simulator.habits.habit import Change, Habit, Retell, changed, every_object, every_value, response_of
from tools.simulator.journal import Entry

VOICE: Final[Json] = {
    "planId": "PLAN-VOICE",
    "planName": "Voice, with the account",
    "planServiceName": "VOICE",
    "planStartDate": "01/01/2020 00:00:00",
    "planExpiryDate": "Unlimited",
}
SMS: Final[Json] = {**VOICE, "planId": 77, "planServiceName": "SMS", "uniqueId": "-", "planExpiryDate": "-"}
MINUTES: Final[Json] = {
    "name": "VOICE",
    "actualBalance": "Unlimited",
    "balance": "Unlimited",
    "expiryDate": "Unlimited",
}
NOBODYS: Final[Json] = {"name": "DATA", "actualBalance": 1024, "balance": "n/a", "startDate": "soon", "expiryDate": "-"}
HELD: Final[Json] = {
    "iccid": "8932000000000000999",
    "endPointId": "-",
    "simStatus": "Hold",
    "simAttachStatus": "NOT ATTACHED",
    "activationCode": "-",
}
READY: Final[Json] = {**HELD, "iccid": 8932000000000000998, "simStatus": "Ready To Activate", "activationCode": {}}


def _more(plans: list[object], benefits: list[object]) -> Retell:
    def change(name: str, value: object) -> object:
        if isinstance(value, dict) and name == "promotionalPlans":
            return {**value, "plan": [*_rows(value.get("plan")), *plans]}
        if isinstance(value, dict) and name == "benefitInfo":
            return {**value, "benefit": [*benefits, *_rows(value.get("benefit"))]}
        return value

    return _in_profiles(change)


def _rows(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _in_profiles(change: Change) -> Retell:
    return every_object(change, "GetEndPointProfile")


def _doubled(name: str, value: object) -> object:
    return (
        [row for row in value for _ in range(2)] if isinstance(value, list) and name in ("plan", "benefit") else value
    )


def _single(name: str, value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 and name in ("plan", "benefit") else value


def _benefits_by(field: str, text: Callable[[object], object]) -> Retell:
    def change(name: str, value: object) -> object:
        if name != "benefit" or not isinstance(value, list):
            return value
        return [{**row, field: text(row.get(field))} if isinstance(row, dict) else row for row in value]

    return _in_profiles(change)


def _plans_by(fields: tuple[str, ...], text: Callable[[object], object]) -> Retell:
    return every_value(lambda name, value: text(value) if name in fields else value, "GetEndPointProfile")


def _more_sims(entry: Entry, answer: Answer) -> Answer:
    response = response_of(answer)
    if entry.call != "fetchSIM" or "iccid=" in entry.query:
        return answer
    match response.get("responseParam"):
        case {"rows": list(rows), **rest}:
            odd: list[object] = [HELD, None, "no row", READY]
            return changed(answer, {"Response": {**response, "responseParam": {**rest, "rows": [*odd, *rows]}}})
    return answer


def _iso(value: object) -> object:
    match str(value).replace(":", "/").replace(" ", "/").split("/"):
        case [day, month, year, hour, minute, second]:
            return f"{year}-{month}-{day}T{hour}:{minute}:{second}"
    return value


PLAN_DATES: Final = ("planStartDate", "planExpiryDate")

ROWS: Final = (
    Habit(
        "other_services",
        "row",
        "profiles list plans of other services, without a uniqueId or with a dash for it",
        _more([VOICE, SMS], [MINUTES]),
    ),
    Habit("nobodys_benefits", "row", "profiles list benefits without a uniqueId", _more([], [NOBODYS, {}])),
    Habit("doubled_rows", "row", "profiles list every plan and benefit twice", _in_profiles(_doubled)),
    Habit("one_object", "list", "a list of one row comes as the row itself", _in_profiles(_single)),
    Habit("odd_sims", "row", "fetchSIM lists what cannot be sold, and what is no row", _more_sims),
    Habit(
        "unlimited_validity",
        "date",
        "an add-on's plan is valid for ever in words; its benefit has an end",
        _plans_by(("planExpiryDate",), lambda _: "Unlimited"),
    ),
    Habit(
        "other_dates",
        "date",
        "dates of plans come in another form; those of benefits do not",
        _plans_by(PLAN_DATES, _iso),
    ),
    Habit(
        "fractions",
        "number",
        "balances have three decimals",
        _benefits_by("balance", lambda value: f"{int(str(value))}.000"),
    ),
    Habit(
        "granted_in_words",
        "number",
        "what was granted comes in words",
        _benefits_by("actualBalance", lambda _: "30 GB"),
    ),
    Habit("left_in_words", "number", "what is left comes in words", _benefits_by("balance", lambda _: "n/a")),
)
