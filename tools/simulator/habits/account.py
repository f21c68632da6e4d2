"""What the account is refused, how its tokens end, and when its add-ons renew."""

from typing import Final

from tools.simulator.answer import Answer, refusal
from tools.simulator.call import Call
from tools.simulator.habits.habit import Habit, changed, response_of
from tools.simulator.journal import Entry

ENDPOINT_CALLS: Final[tuple[Call, ...]] = (
    *("fetchSIM", "EndPointLifeCycleChange", "EndPointActivation", "SubscribeAddon", "endpoint", "GetEndPointProfile"),
)

REFUSALS: Final[dict[str, tuple[tuple[Call, ...], str, str, str]]] = {
    "blocked": (("login", "RefreshToken"), "11044", "Account is blocked", "the account is blocked"),
    "prepaid_empty": (
        ("SubscribeAddon",),
        "6605",
        "Insufficient account balance",
        "the seller's prepaid balance is empty",
    ),
    "rate_zone_empty": (("SubscribeAddon",), "6607", "Rate zone is empty", "the account's rate zone is empty"),
    "unheard_of_refusal": (("SubscribeAddon",), "8888", "Not possible", "add-ons are refused with a code nobody knows"),
    "not_enterprise": (ENDPOINT_CALLS, "10001", "Authorisation Failure", "the account is no Enterprise account"),
}
"""By name of the habit: the calls that are refused, with which code and words, before anything is done."""

LOGIN_REFUSED_IN_BODY: Final = "login_refused_in_body"
LOCKOUT: Final = "lockout"
TOKENS_END_BY_HTTP: Final = "tokens_end_by_http"
TOKENS_END_IN_BODY: Final = "tokens_end_in_body"
RENEWS_EARLY: Final = "renews_early"
RENEWS_ANEW: Final = "renews_anew"
TELLS_ALL_ADDONS: Final = "subscribe_tells_all"


def _plan_as_list(entry: Entry, answer: Answer) -> Answer:
    response = response_of(answer)
    match response.get("info"):
        case {"promotionalPlans": {"plan": dict(plan)}, **rest} if entry.call == "SubscribeAddon":
            info = {**rest, "promotionalPlans": {"plan": [plan]}}
            return changed(answer, {"Response": {**response, "info": info}})
    return answer


def _info_elsewhere(entry: Entry, answer: Answer) -> Answer:
    response = response_of(answer)
    if entry.call != "SubscribeAddon" or "info" not in response:
        return answer
    info = response.pop("info")
    return changed(answer, {"Response": {**response, "responseParam": {"info": info}}})


def _without_info(entry: Entry, answer: Answer) -> Answer:
    response = response_of(answer)
    if entry.call == "SubscribeAddon":
        response.pop("info", None)
    return changed(answer, {"Response": response}) if response else answer


def refused(names: frozenset[str], call: Call) -> Answer | None:
    """The answer to a call that one of these habits refuses; None if none does."""
    for name in sorted(names & REFUSALS.keys()):
        calls, code, words, _ = REFUSALS[name]
        if call in calls:
            return refusal(code, words)
    return None


ACCOUNT: Final = (
    *(Habit(name, "account", words, stops_sales=True) for name, (_, _, _, words) in REFUSALS.items()),
    Habit(
        LOCKOUT, "account", "after five refused logins in a row even the right one is refused: the account is blocked"
    ),
    Habit(LOGIN_REFUSED_IN_BODY, "account", "a refused login comes with HTTP 200, and 10126 in the body"),
    Habit(TOKENS_END_BY_HTTP, "token", "a token lasts for four calls; its end is told by HTTP 401, without JSON"),
    Habit(
        TOKENS_END_IN_BODY, "token", "a token lasts for four calls; its end is told by HTTP 200, with 401 in the body"
    ),
    Habit(RENEWS_EARLY, "renewal", "a recurring add-on renews when it is used up, under its uniqueId"),
    Habit(RENEWS_ANEW, "renewal", "a recurring add-on renews at its end, under a new uniqueId"),
    Habit("subscribe_tells_a_list", "add-on", "SubscribeAddon tells its plan as a list", _plan_as_list),
    Habit("subscribe_tells_elsewhere", "add-on", "SubscribeAddon tells it under responseParam", _info_elsewhere),
    Habit("subscribe_tells_nothing", "add-on", "SubscribeAddon does not tell it", _without_info),
    Habit(TELLS_ALL_ADDONS, "add-on", "SubscribeAddon tells every add-on of the endpoint, as its profile does"),
)
