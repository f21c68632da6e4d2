"""What SFT's answers say about each assumption that shows without changing anything."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from sft.assumptions import ENDPOINT_STATUS_FIELD, NO_PLANS
from sft.envelope import SUCCESS
from sft.fields import DATE
from sft.models import EndpointProfile
from sft.rate_plans import RatePlans
from sft.states import ACTIVE, ATTACHED, SUSPENDED, UNUSED, is_state, letters
from sft_check.evidence import Evidence, Json, Profile, Seen, as_object, fit, paths_of, written
from sft_check.finding import Found, Rule, fails, holds

STATES: Final = (UNUSED, ACTIVE, SUSPENDED)
"""Those that sales know."""

OTHER_STATES: Final = ("Hold", "Ready To Activate", "Active-Test", "Active Inventory", "Deleted", "Delinked")
"""Those that SFT has besides (documentation, observed): neither free nor ours."""

READING_CALLS: Final = ("fetchSIM", "GetEndPointProfile", "QueryRatePlan")
SLOW_CALLS: Final = ("GetEndPointProfile", "EndPointActivation", "EndPointLifeCycleChange")
SLOW_SECONDS: Final = 180
USUAL_SECONDS: Final = 30


def login_tokens(evidence: Evidence) -> Found | None:
    for seen in evidence.of("login"):
        missing = [name for name in ("AccessToken", "RefreshToken") if not written(seen.answer.get(name))]
        return fails(f"without {' and '.join(missing)}") if missing else holds("both are there")
    return None


def outer_code(evidence: Evidence) -> Found | None:
    codes = {seen.outer or "none" for seen in evidence.of(*READING_CALLS)}
    if strange := codes - {SUCCESS, "1"}:
        return fails(f"outer code {', '.join(sorted(map(fit, strange)))}")
    return holds("0") if SUCCESS in codes else None


def sim_row(evidence: Evidence) -> Found | None:
    if not evidence.sims:
        return _no_stock(evidence)
    missing = lacking_of(evidence.sims)
    return fails(f"without a usable {', '.join(missing)}") if missing else holds("all three are there")


def lacking_of(sims: Sequence[Json]) -> list[str]:
    """What one of the rows of fetchSIM lacks, of what is needed of each."""
    lacking: Counter[str] = Counter()
    for row in sims:
        lacking["endPointId"] += not any(written(row.get(name)) for name in ("endPointId", "endpointId"))
        lacking["iccid"] += not written(row.get("iccid"))
        text = written(as_object(row.get("activationCode")).get("textQrCode"))
        lacking["activationCode.textQrCode"] += not text.upper().startswith("LPA:1$")
    return [name for name, count in lacking.items() if count]


def sim_filter(evidence: Evidence) -> Found | None:
    if not evidence.sims:
        return _no_stock(evidence)
    wrong = {
        fit(written(row.get(name)))
        for row in evidence.sims
        for name, state in (("simStatus", UNUSED), ("simAttachStatus", ATTACHED))
        if written(row.get(name)) and not is_state(written(row.get(name)), state)
    }
    if wrong:
        return fails(f"it lists {', '.join(sorted(wrong))}")
    if len(evidence.sims) > 1:
        return fails(f"{len(evidence.sims)} rows where perPage was 1")
    return holds(f"one row: {fit(written(evidence.sims[0].get('simStatus'))) or 'no state told'}")


def status_field(evidence: Evidence) -> Found | None:
    profiles = list(evidence.profiles)
    if not profiles:
        return None
    if all(profile.state for profile in profiles):
        return holds("it is there")
    told = {path for one in profiles for path, value in paths_of(one.info) if is_state(written(value), *STATES)}
    elsewhere = told - {f"basicInfo.{ENDPOINT_STATUS_FIELD}"}
    if elsewhere:
        return fails(f"the state is at info.{', info.'.join(sorted(elsewhere))}")
    return fails(f"no state anywhere; basicInfo has {', '.join(sorted(profiles[0].basic)) or 'nothing'}")


def state_words(evidence: Evidence) -> Found | None:
    words = {written(row.get("simStatus")) for row in evidence.sims}
    words |= {profile.state for profile in evidence.profiles}
    for seen in evidence.of("EndPointLifeCycleChange"):
        words |= {written(seen.told.get("previousStatus")), written(seen.told.get("currentStatus"))}
    words -= {""}
    strange = sorted(fit(word) for word in words if not is_state(word, *STATES, *OTHER_STATES))
    if strange:
        return fails(f"also {', '.join(strange)}")
    return holds(", ".join(sorted(map(fit, words)))) if words else None


def no_plans(evidence: Evidence) -> Found | None:
    bare = [profile for profile in evidence.profiles if not profile.plans and not profile.benefits]
    if not bare:
        return Found("not seen", "no profile without add-ons came")
    forms = ", ".join(dict.fromkeys(map(_form, bare)))
    return fails(forms) if any(map(_unreadable, bare)) else holds(forms)


def left_out(evidence: Evidence) -> Found | None:
    lacking = [profile for profile in evidence.profiles if "promotionalPlans" not in profile.info]
    if not lacking:
        return Found("not seen", "promotionalPlans was never left out")
    if any(profile.benefits for profile in lacking):
        return fails("left out where a balance shows that there are add-ons")
    if any(profile.after == "subscribe" for profile in lacking) and evidence.seconds_to_show is None:
        return fails("left out although an add-on was subscribed")
    return holds("left out where there are none")


def one_object(evidence: Evidence) -> Found | None:
    forms: set[str] = set()
    for profile in evidence.profiles:
        for above, name in (("promotionalPlans", "plan"), ("benefitInfo", "benefit")):
            value = profile.listed(above, name)
            if value not in NO_PLANS:
                forms.add("a list" if isinstance(value, list) else "one object" if isinstance(value, dict) else "else")
    if not forms:
        return Found("not seen", "no profile with add-ons came; --endpoint shows one in use")
    return fails("neither a list nor an object") if "else" in forms else holds(", ".join(sorted(forms)))


def whole_rows(evidence: Evidence) -> Found | None:
    odd: Counter[str] = Counter()
    count = 0
    for profile in evidence.profiles:
        for plan in profile.plans:
            count += 1
            odd.update(f"an add-on without {name}" for name in ("planId", "uniqueId") if not written(plan.get(name)))
            odd.update(_other_service(plan, "planServiceName", "an add-on"))
        for benefit in profile.benefits:
            count += 1
            odd.update(["a balance without uniqueId"] * (not written(benefit.get("uniqueId"))))
            odd.update(f"{name} is no number" for name in ("actualBalance", "balance") if not _number(benefit, name))
            odd.update(_other_service(benefit, "name", "a balance"))
    if not count:
        return Found("not seen", "no profile with add-ons came; --endpoint shows one in use")
    return fails("; ".join(odd)) if odd else holds(f"{count} rows")


def dates(evidence: Evidence) -> Found | None:
    values = [
        (name, written(value))
        for profile in evidence.profiles
        for row in (*profile.plans, *profile.benefits)
        for name, value in row.items()
        if name.casefold().endswith("date")
    ]
    odd = {f"{name}: {_digits_hidden(value)}" for name, value in values if value and not DATE.fullmatch(value)}
    if odd:
        return fails("; ".join(sorted(odd)))
    if not any(value for _, value in values):
        return Found("not seen", "no date came" + (" but -" if values else ""))
    return holds("dd/mm/YYYY HH:MM:SS")


def catalog(evidence: Evidence) -> Found | None:
    if not evidence.products:
        return Found("not seen", "there is no catalog to compare")
    for seen in evidence.of("QueryRatePlan"):
        if seen.outer != SUCCESS:
            return Found("not seen", f"QueryRatePlan is refused: {refusal(seen)}")
        plans = RatePlans.of(seen.answer)
        missing = plans.missing(dict.fromkeys(evidence.products.values()))
        if missing and not plans.plan_ids:
            return Found("not seen", "QueryRatePlan shows nothing that looks like a plan")
        if missing:
            return fails(f"not among the account's {len(plans.plan_ids)} plans: {', '.join(missing)}")
        return holds(f"all {len(evidence.products)} are among the account's plans")
    return None


def time_limits(evidence: Evidence) -> Found | None:
    answered = [seen.exchange for seen in evidence.all if seen.exchange.status is not None]
    if not answered:
        return None
    late = {one.call for one in answered if one.seconds > (SLOW_SECONDS if one.call in SLOW_CALLS else USUAL_SECONDS)}
    longest = f"the longest took {max(exchange.seconds for exchange in answered):.1f} s"
    return fails(f"{', '.join(sorted(late))} took longer; {longest}") if late else holds(longest)


def refusal(seen: Seen) -> str:
    """SFT's words for a refusal, fit to be shown."""
    return fit(f"code {seen.inner or seen.outer or 'none'} {seen.description}".strip())


def timeout_text(evidence: Evidence) -> Found | None:
    said = [seen.exchange for seen in evidence.all if seen.timed_out]
    words = " and ".join(dict.fromkeys(f"{exchange.call} with HTTP status {exchange.status}" for exchange in said))
    return holds(f"they came from {words}") if said else None


RULES: Final[dict[str, Rule]] = {
    "login tokens": login_tokens,
    "outer code": outer_code,
    "SIM row": sim_row,
    "SIM filter": sim_filter,
    "ENDPOINT_STATUS_FIELD": status_field,
    "state words": state_words,
    "NO_PLANS": no_plans,
    "EMPTY_MAY_BE_LEFT_OUT": left_out,
    "PLAN_MAY_BE_ONE_OBJECT": one_object,
    "rows": whole_rows,
    "dates": dates,
    "catalog": catalog,
    "time limits": time_limits,
    "TIMEOUT_TEXT": timeout_text,
}
"""By the assumption that each is about."""


def _no_stock(evidence: Evidence) -> Found | None:
    for seen in evidence.of("fetchSIM"):
        refused = seen.outer != SUCCESS
        return Found("not seen", f"refused: {refusal(seen)}" if refused else "no Pre-Active eSIM is in stock")
    return None


def _form(profile: Profile) -> str:
    if "promotionalPlans" not in profile.info:
        return "promotionalPlans is left out"
    above = profile.info["promotionalPlans"]
    if isinstance(above, dict) and above:
        if above.get("plan", 0) in NO_PLANS:
            return f"plan is {above['plan']!r}"
        return f"it has {', '.join(sorted(above))}"
    return f"promotionalPlans is {above!r}" if above in NO_PLANS else f"promotionalPlans is a {type(above).__name__}"


def _unreadable(profile: Profile) -> bool:
    try:
        EndpointProfile.model_validate(profile.seen.response)
    except ValidationError:
        return True
    return False


def _other_service(row: Json, name: str, kind: str) -> list[str]:
    service = written(row.get(name))
    return [f"{kind} for {fit(service)}"] if service and letters(service) != "data" else []


def _number(row: Json, name: str) -> bool:
    text = written(row.get(name)) if not isinstance(row.get(name), float) else "0"
    return re.fullmatch(r"-?[0-9]+(\.[0-9]*)?", text) is not None


def _digits_hidden(value: str) -> str:
    return fit(re.sub("[0-9]", "9", value))[:40]
