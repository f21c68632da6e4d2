"""What activities tell: what SFT did, refused or did not answer, and whom was told what.

SFT's own calls are named as on the wire. What an activity with a name that is not here did, nobody tells, but for a
reading of usage: it is known by its shape, under whatever name it was taken.
"""

from collections.abc import Callable
from datetime import UTC
from typing import Final

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo

from contract.failure import ACTIVATION_REJECTED, ADDON_REJECTED, SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
from contract.mail_address import masked
from contract.workflow_ids import is_subscription_id
from seller.timeline.attempt import Activity
from seller.timeline.fact import What
from seller.timeline.failure import failed_with
from seller.timeline.telling import Telling

UNANSWERED: Final = "SftUnanswered"

SENT_ONCE: Final = ("activate_esim", "change_lifecycle", "provision_addon")
"""Activities that change something at SFT and are sent again by the workflow alone."""

AT_SFT: Final = {
    "activate_esim": "to activate endpoint {endpoint_id}",
    "change_lifecycle": "to make endpoint {endpoint_id} {to}",
    "suspend_esim": "to suspend endpoint {endpoint_id}",
    "suspend_unowned": "to suspend endpoint {endpoint_id}",
    "provision_addon": "to put add-on {plan_id} on endpoint {endpoint_id}",
    "settle_addon": "to look for the add-on on endpoint {endpoint_id}",
    "look_at_endpoint": "to show endpoint {endpoint_id}",
    "remove_surplus": "to take {unique_ids} off endpoint {endpoint_id}",
    "remove_addon": "to take {unique_ids} off endpoint {endpoint_id}",
    "find_esim": "to list available eSIMs",
    "hand_out_stock": "to list available eSIMs",
    "read_esim": "to show endpoint {endpoint_id}",
    "find_sim": "to show SIM {iccid}",
}
"""What SFT was asked for, by activity."""

NOT_BEGUN: Final = {
    PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED: (
        "no worker has taken that up, or calls to SFT wait for their turn"
    ),
    PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED: "an operator has paused that",
}
"""Why a first attempt has not begun, by how the server says that it stands."""

Say = Callable[[Telling, Activity], None]


def tell_start(telling: Telling, activity: Activity, before: Activity | None) -> None:
    """Says of a call that changes something that it is sent again: ``before`` is the one before it, of the same."""
    if before is None or before.failure is None or before.asked != activity.asked or _is_refused(before):
        return
    about = telling.next_in_line(activity.asked.get("plan_id")) if activity.name == "provision_addon" else None
    telling.tell(activity.scheduled, "sent_again", f"SFT is asked again {asked_for(activity)}.", about)


def tell_end(telling: Telling, activity: Activity) -> None:
    """Says what came of an activity that has ended."""
    if activity.ended is None or activity.is_cancelled:
        return
    _tell_attempts(telling, activity)
    if activity.failure is not None:
        _tell_failure(telling, activity)
    elif say := DONE.get(activity.name):
        say(telling, activity)


def tell_pending(telling: Telling, activity: Activity, pending: PendingActivityInfo) -> None:
    """Says of an activity that has not ended how often it was tried in vain, or what its first attempt waits for. A
    look that finds nothing new and is taken again tells nothing."""
    if not pending.HasField("last_failure"):
        _tell_first_attempt(telling, activity, pending)
        return
    if (failure := failed_with(pending.last_failure)).is_benign:
        return
    at = activity.scheduled
    times = f"tried {times_of(pending.attempt - 1 or 1)} in vain so far{_by(pending.last_worker_identity)}"
    if pending.HasField("next_attempt_schedule_time"):
        times += f", next at {pending.next_attempt_schedule_time.ToDatetime(UTC):%H:%M:%S} UTC"
    if activity.name in TELLS:
        said = f"Not told yet: {_uncapitalised(TELLS[activity.name](activity))}: {failure.said}; {times}."
        telling.tell(at, "not_told", said, _told_about(activity))
    elif activity.name != "settle_addon":
        about = telling.next_in_line(activity.asked.get("plan_id"))
        asked = f" (asked {asked_for(activity)})" if activity.name in AT_SFT else f" ({activity.name})"
        telling.tell(at, "unanswered", f"Waits: {failure.said}{asked}; {times}.", about)
    else:
        return
    telling.facts[-1].is_open = True


def _tell_first_attempt(telling: Telling, activity: Activity, pending: PendingActivityInfo) -> None:
    if activity.name not in AT_SFT:
        return
    if why := NOT_BEGUN.get(pending.state):
        said = f"SFT was not asked {asked_for(activity)} yet: {why}."
    else:
        said = f"SFT is being asked {asked_for(activity)}, and has not answered yet{_by(pending.last_worker_identity)}."
    telling.tell(activity.scheduled, "waits", said, telling.next_in_line(activity.asked.get("plan_id")))
    telling.facts[-1].is_open = True


def _uncapitalised(words: str) -> str:
    return words[:1].lower() + words[1:]


def _is_refused(activity: Activity) -> bool:
    return activity.failure is not None and activity.failure.type in (ACTIVATION_REJECTED, ADDON_REJECTED)


def asked_for(activity: Activity) -> str:
    """What SFT was asked for, behind "SFT was asked"."""
    fields = {name: _listed(value) for name, value in activity.asked.items()}
    return AT_SFT[activity.name].format_map(_Fields(fields))


class _Fields(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"of unknown {name}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _tell_attempts(telling: Telling, activity: Activity) -> None:
    """How often it was tried in vain before its last attempt."""
    last = activity.last_failure
    if last is None or last.is_benign or activity.started is None or activity.name == "settle_addon":
        return
    times = times_of(activity.attempt - 1)
    if activity.name in AT_SFT or activity.name.endswith("usage"):
        telling.tell(activity.started, "unanswered", f"{last.said}; tried {times} in vain until then.")
    elif activity.name in TELLS:
        said = f"{TELLS[activity.name](activity)} was tried {times} in vain until then: {last.said}."
        telling.tell(activity.started, "not_told", said, _told_about(activity))


def times_of(number: int) -> str:
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _tell_failure(telling: Telling, activity: Activity) -> None:
    failure = activity.failure
    if failure is None or activity.ended is None:
        return
    if activity.name in TELLS:
        fate = "was not taken:" if activity.name == "deliver_esim" else "was given up:"  # the run tries that again
        said = f"{TELLS[activity.name](activity)} {fate} {failure.said}{_by(activity.worker)}."
        telling.tell(activity.ended, "not_told", said, _told_about(activity))
    elif activity.name in AT_SFT:
        what, said = _refusal(activity, failure.type, f"{failure.said}{_by(activity.worker)}")
        if what == "unanswered" and activity.name in ("activate_esim", "change_lifecycle"):
            telling.unanswered = activity
        about = telling.next_in_line(activity.asked.get("plan_id")) if activity.name == "provision_addon" else None
        telling.tell(activity.ended, what, said, about)
        if about and _is_refused(activity) and is_subscription_id(telling.run):  # a first purchase waits to be amended
            telling.refused.add(about)
            telling.take_off(about)
    elif activity.name.endswith("usage"):
        telling.tell(activity.ended, "unanswered", f"SFT did not tell what is left: {failure.said}.")


def _by(worker: str) -> str:
    """Whose log has more, and whose settings may be others than its neighbours'."""
    return f" (worker {worker})" if worker else ""


def _refusal(activity: Activity, kind: str | None, words: str) -> tuple[What, str]:
    asked = asked_for(activity)
    if kind == SFT_UNAVAILABLE:
        return "unanswered", f"SFT was asked {asked}, and certainly did not do it: {words}."
    if kind == SFT_AUTHENTICATION_FAILED:
        return "refused", f"SFT was asked {asked}, and refuses our credentials: {words}."
    if kind is None or kind == UNANSWERED:
        return "unanswered", f"SFT was asked {asked}, and may have done it: {words}. It is looked up."
    return "refused", f"SFT refused {asked}: {words}."


# What SFT did.


def _found(telling: Telling, activity: Activity) -> None:
    esim, earlier = activity.result.get("esim"), activity.result.get("earlier")
    assert activity.ended
    if earlier:
        said = f"This purchase was sold before, as the eSIM of endpoint {earlier.get('endpoint_id')}: that stands."
        telling.tell(activity.ended, "found", said)
    elif esim:
        said = f"Found the eSIM of endpoint {esim.get('endpoint_id')}, ICCID {esim.get('iccid')}."
        telling.tell(activity.ended, "found", said)
    else:
        telling.tell(activity.ended, "waits", "SFT has no eSIM available that could be sold.")


def _activated(telling: Telling, activity: Activity) -> None:
    result, endpoint_id = activity.result, activity.asked.get("endpoint_id")
    assert activity.ended
    before = result.get("previous_status")
    said = f"SFT activated endpoint {endpoint_id}" + (f", which was {before} before." if before else ".")
    if result.get("was_refused"):
        said = f"SFT refused to activate endpoint {endpoint_id}, and shows it as active all the same."
    telling.tell(activity.ended, "activated", said)


def _changed(telling: Telling, activity: Activity) -> None:
    to = str(activity.asked.get("to", "Suspended"))
    reason = str(activity.asked.get("reason", "system")).replace("_", " ")
    who = telling.ordered.pop(to, None)
    whose = f"ordered by {who}" if who else "by itself, nobody ordered it"
    what: What = "resumed" if to == "Active" else "suspended"
    assert activity.ended
    said = f"SFT made endpoint {activity.asked.get('endpoint_id')} {to} ({reason}; {whose})."
    telling.tell(activity.ended, what, said)


def _put_on(telling: Telling, activity: Activity) -> None:
    plan_id, unique_id = activity.result.get("plan_id"), str(activity.result.get("unique_id"))
    about = telling.provisioned(plan_id, unique_id)
    said = f"SFT put add-on {plan_id} on endpoint {activity.asked.get('endpoint_id')}: uniqueId {unique_id}"
    assert activity.ended
    telling.tell(activity.ended, "provisioned", said + (f", for purchase {about}." if about else "."), about)


def _settled(telling: Telling, activity: Activity) -> None:
    unique_id, plan_id = activity.result.get("unique_id"), activity.asked.get("plan_id")
    assert activity.ended
    if unique_id is None:
        said = f"No new add-on {plan_id} turned up on the endpoint for as long as SFT may take: it counts as not done."
        telling.tell(activity.ended, "looked", said, telling.next_in_line(plan_id))
        return
    about = telling.provisioned(plan_id, str(unique_id))
    said = f"SFT had done what it did not answer: add-on {plan_id} with uniqueId {unique_id} is there, and is taken"
    telling.tell(activity.ended, "adopted", said + (f" for purchase {about}." if about else "."), about)


def _looked(telling: Telling, activity: Activity) -> None:
    """What became of a request that was not answered; other looks tell nothing new."""
    asked, telling.unanswered = telling.unanswered, None
    if asked is None or activity.ended is None:
        return
    to, status = asked.asked.get("to", "Active"), activity.result.get("status")
    endpoint = f"endpoint {activity.asked.get('endpoint_id')}"
    if str(status).casefold() == str(to).casefold():
        telling.ordered.pop(str(to), None)
        telling.tell(activity.ended, "adopted", f"SFT had done what it did not answer: {endpoint} is {status}.")
    else:
        telling.tell(activity.ended, "looked", f"Looked up: {endpoint} is {status} and not {to}: it was not done.")


def _removed(telling: Telling, activity: Activity) -> None:
    unique_ids = _listed(activity.asked.get("unique_ids", []))
    why = "which SFT made late and nobody bought" if activity.name == "remove_surplus" else "as ordered"
    about = telling.purchases.get(unique_ids)
    said = f"SFT took uniqueId {unique_ids} off endpoint {activity.asked.get('endpoint_id')}, {why}."
    assert activity.ended
    telling.tell(activity.ended, "removed", said, about)


def _unowned(telling: Telling, activity: Activity) -> None:
    assert activity.ended
    endpoint = f"endpoint {activity.asked.get('endpoint_id')}"
    if activity.result.get("was_suspended"):
        telling.tell(activity.ended, "suspended", f"SFT suspended {endpoint}, which was active and nobody's.")
    else:
        telling.tell(activity.ended, "looked", f"Left as it is: {endpoint}: {activity.result.get('why_not')}.")


def _delivered(telling: Telling, activity: Activity) -> None:
    assert activity.ended
    said = f"The eSIM by email: sent, to {masked(activity.asked.get('email'))}."
    telling.tell(activity.ended, "told", said, activity.asked.get("purchase_id"))


def _told(telling: Telling, activity: Activity) -> None:
    assert activity.ended
    telling.tell(activity.ended, "told", f"{TELLS[activity.name](activity)} was taken.", _told_about(activity))


def _told_about(activity: Activity) -> str | None:
    event = activity.asked.get("event", activity.asked)
    about = event.get("addon") or event.get("sale") or event
    purchase_id = about.get("purchase_id")
    return str(purchase_id) if purchase_id else None


DONE: Final[dict[str, Say]] = {
    "find_esim": _found,
    "wait_for_stock": _found,
    "activate_esim": _activated,
    "change_lifecycle": _changed,
    "suspend_esim": _changed,
    "suspend_unowned": _unowned,
    "provision_addon": _put_on,
    "settle_addon": _settled,
    "look_at_endpoint": _looked,
    "remove_surplus": _removed,
    "remove_addon": _removed,
    "deliver_esim": _delivered,
    "post_event": _told,
    "send_notice": _told,
}

TELLS: Final[dict[str, Callable[[Activity], str]]] = {
    "post_event": lambda activity: f"Event {activity.asked.get('type')} to the portal's webhook",
    "send_notice": lambda activity: (
        f"Mail {(activity.asked.get('event') or {}).get('type')} to {masked(activity.asked.get('email'))}"
    ),
    "deliver_esim": lambda activity: f"The mail with the eSIM, to {masked(activity.asked.get('email'))},",
}
"""What tells somebody something, and how that is said: as a subject."""
