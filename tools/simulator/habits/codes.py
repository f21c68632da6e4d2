"""How success and time-outs are told."""

from typing import Final

from tools.simulator.answer import Answer, envelope
from tools.simulator.call import Call
from tools.simulator.habits.habit import Habit, Retell, changed, response_of
from tools.simulator.journal import Entry

ACTING: Final[tuple[Call, ...]] = ("EndPointLifeCycleChange", "EndPointActivation")
MAY_TIME_OUT: Final[tuple[Call, ...]] = (*ACTING, "SubscribeAddon", "endpoint", "GetEndPointProfile")
EVERY: Final = 3
"""Of so many calls of a name about an endpoint, the first times out."""

TIME_OUTS: Final = {f"time_out_{status}": status for status in (200, 408, 500, 504)}
"""The HTTP status that comes with the words, by name of the habit."""


def _codes(outer: str, inner: str | None = None) -> Retell:
    def retell(entry: Entry, answer: Answer) -> Answer:
        response = response_of(answer)
        if entry.call not in ACTING or not answer.done or not response:
            return answer
        param = response["resultParam"]
        assert isinstance(param, dict)
        response["resultCode"] = outer
        if inner is not None:
            response["resultParam"] = {**param, "resultCode": inner}
        return changed(answer, {"Response": response})

    return retell


def _refused_although_done(entry: Entry, answer: Answer) -> Answer:
    if entry.call not in ACTING or not answer.done:
        return answer
    return Answer(envelope("6017", "Operation not allowed in the current state", outer="1"), 200, True)


def _was_active(entry: Entry, answer: Answer) -> Answer:
    response = response_of(answer)
    match response.get("responseParam"):
        case {"previousStatus": "Active", "currentStatus": "Active"} if entry.call == "EndPointLifeCycleChange":
            return Answer(envelope("2507", "Endpoint is already active", outer="1"), 200, False)
    return answer


def _without_previous(entry: Entry, answer: Answer) -> Answer:
    response = response_of(answer)
    if entry.call not in ACTING or "responseParam" not in response:
        return answer
    return changed(answer, {"Response": {**response, "responseParam": {}}})


def timed_out(entry: Entry, answer: Answer, status: int) -> Answer:
    """The same work, told as a time-out in words."""
    return Answer(envelope("10126", f"{entry.call}: API operation has Time out.", outer="1"), status, answer.done)


CODES: Final = (
    Habit(
        "outer_zero_odd_inner",
        "code",
        "a change of life cycle is told by outer 0, with an inner code nobody knows",
        _codes("0", "4711"),
    ),
    Habit("outer_zero_inner_zero", "code", "… by outer 0 and inner 0", _codes("0", "0")),
    Habit("outer_one_5017", "code", "… by inner 5017, always with outer 1", _codes("1", "5017")),
    Habit("outer_one_9003", "code", "… by inner 9003, always with outer 1", _codes("1", "9003")),
    Habit("already_active_2507", "code", "activating what is active is told as a refusal, 2507", _was_active),
    Habit(
        "refused_although_done",
        "code",
        "… as a refusal with an unknown code, although it was done",
        _refused_although_done,
    ),
    Habit("no_previous_status", "code", "… without saying what the status was and is", _without_previous),
    *(
        Habit(
            name, "time-out", f"the first of three calls of a kind is told to have timed out, with HTTP status {status}"
        )
        for name, status in TIME_OUTS.items()
    ),
)
