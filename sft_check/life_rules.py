"""What the life of one eSIM says about each assumption."""

from typing import Final

from pydantic import ValidationError

from sft.codes import DONE, fault_of
from sft.envelope import SUCCESS
from sft.iccid import same_iccid
from sft.models import Subscribed
from sft.states import ACTIVE, SUSPENDED, UNUSED, is_state, letters
from sft_check.evidence import Evidence, Seen, fit, paths_of, written
from sft_check.finding import Found, Rule, fails, holds
from sft_check.reading_rules import lacking_of, refusal
from sft_check.time_zone import time_zone

LEAST_BYTES: Final = 1_000_000
"""No plan grants less: a smaller number counts something else than bytes."""


def life_cycle_codes(evidence: Evidence) -> Found | None:
    acts = [seen for name in ("activate", "suspend") if (seen := evidence.act(name))]
    acts = [seen for seen in acts if seen.call == "EndPointLifeCycleChange"]
    if not acts:
        return None
    words = " and ".join(dict.fromkeys(f"outer {seen.outer or 'none'}, inner {seen.inner or 'none'}" for seen in acts))
    if all(seen.outer == SUCCESS or seen.inner in DONE for seen in acts):
        return holds(words)
    if is_state(_state_after(evidence, "activate"), ACTIVE):
        return fails(f"{words}, and yet the endpoint was active")
    return Found("not seen", f"refused: {refusal(acts[0])}")


def previous_status(evidence: Evidence) -> Found | None:
    seen = evidence.act("activate")
    if seen is None or seen.call != "EndPointLifeCycleChange":
        return None
    previous = written(seen.told.get("previousStatus"))
    if is_state(previous, UNUSED):
        return holds(fit(previous))
    return fails(f"responseParam has {', '.join(sorted(seen.told)) or 'nothing'}")


def active_at_once(evidence: Evidence) -> Found | None:
    return _becomes(evidence, "activate", ACTIVE)


def suspended(evidence: Evidence) -> Found | None:
    return _becomes(evidence, "suspend", SUSPENDED)


def active_not_listed(evidence: Evidence) -> Found | None:
    seen = evidence.act("activate")
    later = [one for one in evidence.of("fetchSIM") if seen and one.at > seen.at and "iccid" not in one.exchange.query]
    if seen is None or not later:
        return None
    listed = {written(row.get("endPointId")) for one in later for row in one.sim_rows}
    if written(seen.request.get("endPointId")) in listed:
        return fails("the one that was activated still is")
    return holds("the one that was activated is not")


def sim_in_use(evidence: Evidence) -> Found | None:
    """Only SIMs in use are asked for by their ICCIDs."""
    for seen in evidence.of("fetchSIM"):
        iccid = str(seen.exchange.query.get("iccid", ""))
        if not iccid or seen.timed_out:
            continue
        if seen.outer != SUCCESS:
            return fails(f"refused: {refusal(seen)}")
        own = [row for row in seen.sim_rows if same_iccid(written(row.get("iccid")), iccid)]
        if not own:
            return fails("it lists no SIM with that ICCID")
        missing = lacking_of(own)
        return fails(f"it shows it without a usable {', '.join(missing)}") if missing else holds("it shows all of it")
    return None


def plan_field(evidence: Evidence) -> Found | None:
    seen = evidence.act("subscribe")
    if seen is None:
        return None
    if seen.outer == SUCCESS:
        return holds("it was taken")
    if fault_of(seen.inner, refusal(seen)) == "account":
        return Found("not seen", "refused for the account's sake")
    return fails(f"refused: {refusal(seen)}")


def account_can_order(evidence: Evidence) -> Found | None:
    seen = evidence.act("subscribe")
    if seen is None:
        return None
    if seen.outer == SUCCESS:
        return holds("an add-on could be ordered")
    if fault_of(seen.inner, refusal(seen)) == "account":
        return fails(f"refused: {refusal(seen)}")
    return Found("not seen", "an add-on was refused, for another reason it seems")


def info_place(evidence: Evidence) -> Found | None:
    seen = evidence.act("subscribe")
    if seen is None or seen.outer != SUCCESS:
        return None
    if _subscribed(seen):
        return holds("uniqueId is there")
    elsewhere = sorted({path for path, value in paths_of(seen.answer) if path.endswith("uniqueId") and written(value)})
    return fails(f"uniqueId is at {', '.join(elsewhere)}" if elsewhere else "no uniqueId anywhere")


def unique_id(evidence: Evidence) -> Found | None:
    seen = evidence.act("subscribe")
    told = _subscribed(seen) if seen else set()
    before = {one for profile in evidence.profiles if profile.after in ("", "activate") for one in profile.unique_ids}
    new = {one for profile in evidence.profiles_after("subscribe") for one in profile.unique_ids} - before
    if not told or not new:
        return None
    if len(new) > 1:
        return fails(f"one call made {len(new)} instances")
    return holds("the same, and one instance") if new == told else fails("the profile shows another one")


def settle_window(evidence: Evidence) -> Found | None:
    if evidence.seconds_to_show is not None:
        words = f"it showed after {evidence.seconds_to_show:.1f} s"
        return holds(words) if evidence.seconds_to_show <= evidence.settle_seconds else fails(words)
    if evidence.seconds_waited:
        return fails(f"it did not show within {evidence.seconds_waited:.0f} s")
    return None


def balances(evidence: Evidence) -> Found | None:
    profiles = [profile for profile in evidence.profiles_after("subscribe") if profile.unique_ids]
    seen = evidence.act("subscribe")
    if not profiles or seen is None:
        return None
    ids = _subscribed(seen) or profiles[-1].unique_ids
    ours = [row for row in profiles[-1].benefits if written(row.get("uniqueId")) in ids]
    if not ours:
        return fails(f"none has its uniqueId, of {len(profiles[-1].benefits)}")
    data = [row for row in ours if letters(written(row.get("name"))) in ("", "data")]
    if not data:
        return fails(f"named {', '.join(sorted({fit(written(row['name'])) for row in ours}))}, and not DATA")
    granted = written(data[0].get("actualBalance"))
    if not granted.isdecimal() or int(granted) < LEAST_BYTES:
        return fails("actualBalance is no number of bytes")
    return holds(f"{int(granted)} bytes are granted")


def patch_wrapper(evidence: Evidence) -> Found | None:
    seen = evidence.act("remove")
    if seen is None:
        return None
    kept = [profile for profile in evidence.profiles if profile.after in ("remove", "suspend")]
    gone = bool(kept) and not kept[-1].unique_ids & _removed(seen)
    if seen.outer == SUCCESS:
        return holds("the instance is gone") if gone else fails("outer 0, but the instance is still there")
    return fails(f"{refusal(seen)}{', and yet the instance is gone' if gone else ''}")


RULES: Final[dict[str, Rule]] = {
    "TIME_ZONE": time_zone,
    "life cycle codes": life_cycle_codes,
    "previousStatus": previous_status,
    "active at once": active_at_once,
    "active not listed": active_not_listed,
    "SIM in use": sim_in_use,
    "ADDON_PLAN_FIELD": plan_field,
    "account": account_can_order,
    "INFO": info_place,
    "uniqueId": unique_id,
    "settle window": settle_window,
    "balances": balances,
    "PATCH_WRAPPER": patch_wrapper,
    "suspension": suspended,
}
"""By the assumption that each is about."""


def _becomes(evidence: Evidence, act: str, state: str) -> Found | None:
    if evidence.act(act) is None or not evidence.profiles_after(act):
        return None
    word = _state_after(evidence, act)
    return holds(fit(word)) if is_state(word, state) else fails(f"it shows {fit(word) or 'no state'}")


def _state_after(evidence: Evidence, act: str) -> str:
    profiles = evidence.profiles_after(act)
    return profiles[-1].state if profiles else ""


def _subscribed(seen: Seen) -> set[str]:
    try:
        return {plan.unique_id for plan in Subscribed.model_validate(seen.response).plans if plan.unique_id}
    except ValidationError:
        return set()


def _removed(seen: Seen) -> set[str]:
    unique_ids = seen.request_param.get("removeAddonUniqueIds")
    return {written(one) for one in unique_ids} if isinstance(unique_ids, list) else set()
