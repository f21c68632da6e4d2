"""Answers like those of a transcript: its codes, spellings, fields, forms and odd rows, around what is true here."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from pydantic import JsonValue

from sft.codes import DONE
from sft.transcript import Recorded
from tools.simulator.answer import Answer
from tools.simulator.call import CALLS
from tools.simulator.fault import Fault, Kind
from tools.simulator.habits.states import FIELDS as STATES
from tools.simulator.journal import Entry

NOTHING: Final[tuple[object, ...]] = (None, "", "-", [], {}, {"plan": []}, {"benefit": []})
NEEDED: Final = {"plan": ("uniqueId",), "benefit": ("uniqueId",), "rows": ("endPointId", "activationCode")}
"""What a row has that is told about something here; another row is told as it was."""

ENVELOPE: Final = ("resultCode", "resultDescription")
DATES: Final = ("%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d-%m-%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S")
TIME_OUT: Final = "operation has time out"


class Case(NamedTuple):
    """What an answer is to: a call, what it was about, and whether that was done."""

    call: str
    about: str
    done: bool


class Likeness:
    """How a platform answers that answers like a transcript; without one, as it would anyway."""

    def __init__(self, exchanges: Iterable[Recorded] = ()) -> None:
        self._samples: dict[Case, Recorded] = {}
        self._spellings: dict[tuple[str, str], str] = {}
        self.faults: list[Fault] = []
        """What went wrong in the transcript, for the same calls of each name."""
        self._learn([one for one in exchanges if one.call in CALLS])

    def retold(self, entry: Entry, answer: Answer) -> Answer:
        """The answer, told as the transcript has it; as it is where the transcript has nothing like it."""
        case = _case_here(entry, answer)
        sample = self._samples.get(case)
        if sample is None and case.about == "bare":
            sample = self._samples.get(case._replace(about="rows"))
        if sample is None or sample.status is None:
            return answer
        body = self._like(sample.answer, answer.body, "")
        assert isinstance(body, dict)
        return Answer(body, sample.status, answer.done)

    def _learn(self, exchanges: list[Recorded]) -> None:
        seen: Counter[str] = Counter()
        states: dict[str, str] = {}
        for one in exchanges:
            fault = _fault(one)
            case = _case_there(one, states)
            if fault is None and not case.done and case.about != "again":
                fault = _refusal(one)
            if fault is not None:
                self.faults.append(fault.model_copy(update={"skip": seen[one.call]}))
            elif isinstance(one.answer, dict):
                self._samples.setdefault(case, one)
                self._learn_spellings(one.answer, "")
            seen[one.call] += 1

    def _learn_spellings(self, value: JsonValue, field: str) -> None:
        if isinstance(value, dict):
            for name, one in value.items():
                self._learn_spellings(one, name)
        elif isinstance(value, list):
            for one in value:
                self._learn_spellings(one, field)
        elif isinstance(value, str) and field in STATES:
            self._spellings.setdefault((field, _letters(value)), value)

    def _like(self, sample: JsonValue, ours: object, field: str) -> object:
        if ours in NOTHING and sample in NOTHING:
            return sample
        match sample, ours:
            case dict(), dict():
                named = {name.casefold(): one for name, one in ours.items()}
                return {
                    name: self._like(one, named[name.casefold()], name) if name.casefold() in named else one
                    for name, one in sample.items()
                }
            case dict(), [dict() as row]:
                return self._like(sample, row, field)
            case dict() | list(), dict() | list():
                rows = ours if isinstance(ours, list) else [ours]
                return self._rows(sample if isinstance(sample, list) else [sample], rows, field)
            case dict() | list(), _:
                return ours
        return self._leaf(sample, ours, field)

    def _rows(self, samples: Sequence[JsonValue], ours: list[object], field: str) -> list[object]:
        odd = [row for row in samples if not _is_like_ours(row, field)]
        like_ours = [row for row in samples if _is_like_ours(row, field)]
        return [*odd, *(self._like(like_ours[0], row, field) if like_ours else row for row in ours)]

    def _leaf(self, sample: JsonValue, ours: object, field: str) -> object:
        if field in ENVELOPE:
            return sample
        if field in STATES:
            return self._spellings.get((field, _letters(str(ours))), ours)
        if field.endswith("Date") and sample not in NOTHING:
            return _date_like(str(sample), str(ours))
        is_number = re.fullmatch("[1-9][0-9]*", str(ours)) is not None
        if is_number and field.endswith("alance") and re.search("[0-9]", str(sample)) is None and sample not in NOTHING:
            return sample
        if is_number and isinstance(sample, str | int) and not isinstance(sample, bool):
            return type(sample)(str(ours))
        return ours


def _is_like_ours(row: object, field: str) -> bool:
    if not isinstance(row, dict):
        return False
    service = row.get("planServiceName") if field == "plan" else row.get("name") if field == "benefit" else None
    named = {name.casefold(): value for name, value in row.items()}
    return service in (None, "DATA") and all(
        named.get(name.casefold()) not in NOTHING for name in NEEDED.get(field, ())
    )


def _case_here(entry: Entry, answer: Answer) -> Case:
    match answer.body:
        case {"Response": {"responseParam": {"currentStatus": str(now), "previousStatus": before}}}:
            return Case(entry.call, "again" if now == before else now[0], True)
        case {"Response": {"resultParam": {"resultCode": "2507"}}}:
            return Case(entry.call, "again", True)
    return Case(entry.call, _content(answer.body) if answer.done else "", answer.done)


def _case_there(one: Recorded, states: dict[str, str]) -> Case:
    response = one.answer.get("Response") if isinstance(one.answer, dict) else None
    match response:
        case {"resultCode": outer, "resultParam": {"resultCode": inner}}:
            done = str(outer) == "0" or str(inner) in DONE
        case {"resultCode": outer}:
            done = str(outer) == "0"
        case _:
            done = response is None
    about = _content(one.answer) if done else ""
    match one.sent:
        case {"Request": {"endPointId": endpoint_id, "requestParam": {"lifeCycle": str(about)}}}:
            again = states.get(str(endpoint_id)) == about
            if done or again:
                states[str(endpoint_id)] = about
            return Case(one.call, "again" if again else about, done or again)
    return Case(one.call, about, done)


def _content(body: object) -> str:
    """Whether an answer has rows, where it may have none."""
    match body:
        case {"Response": {"info": {"basicInfo": _, **info}}}:
            plans = info.get("promotionalPlans")
            return _has_rows(plans.get("plan") if isinstance(plans, dict) else plans, "plan")
        case {"Response": {"responseParam": {"rows": rows}}}:
            return _has_rows(rows, "rows")
    return ""


def _has_rows(rows: object, field: str) -> str:
    listed = rows if isinstance(rows, list) else [rows]
    return "rows" if any(_is_like_ours(row, field) for row in listed) else "bare"


def _fault(one: Recorded) -> Fault | None:
    """What went wrong with an exchange, as a fault; None if SFT answered."""
    told = str(one.answer).casefold() + (one.text or "").casefold()
    kind: Kind
    if one.status is None:
        kind = "reset" if one.failure == "NotSent" else "answer_lost"
    elif TIME_OUT in told:
        kind = "timeout_text"
    elif one.status == 429:
        kind = "rate_limited"
    elif one.status == 408 or one.status >= 500:
        kind = "error_after"
    elif one.status == 401 and one.call != "login":
        kind = "expired_http"
    elif "'resultCode': '401'" in str(one.answer) and one.call != "login":
        kind = "expired_envelope"
    elif not isinstance(one.answer, dict):
        kind = "html"
    else:
        return None
    call = next(call for call in CALLS if call == one.call)
    return Fault(call=call, kind=kind, status=max(200, one.status or 503), retry_after=one.retry_after)


def _refusal(one: Recorded) -> Fault:
    match one.answer:
        case {"Response": {"resultParam": {"resultCode": code, "resultDescription": words}}}:
            pass
        case _:
            code, words = "1", ""
    call = next(call for call in CALLS if call == one.call)
    return Fault(call=call, kind="rejected", code=str(code), description=str(words))


def _letters(state: str) -> str:
    return re.sub("[^a-z]", "", state.casefold())


def _date_like(sample: str, ours: str) -> str:
    if re.search("[0-9]", sample) is None:
        return sample
    if ours in NOTHING:
        return ours
    moment = datetime.strptime(ours, DATES[0])
    for form in DATES:
        try:
            datetime.strptime(sample, form)
        except ValueError:
            continue
        return moment.strftime(form)
    return ours
