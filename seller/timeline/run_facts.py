"""The facts of one run: what its history says, from its first event to its last."""

import copy
from collections.abc import Callable, Iterable
from typing import Final

from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionStartedEventAttributes
from temporalio.converter import decode_typed_search_attributes

from contract.search_attributes import PURCHASE_STEP, STATUS
from contract.workflow_ids import ADOPT_TYPE, PROVISION_TYPE, SUBSCRIPTION_TYPE, is_subscription_id
from seller.timeline.attempt import Activity, activities_of, ended_activity, time_of
from seller.timeline.calls import SENT_ONCE, tell_end, tell_pending, tell_start
from seller.timeline.fact import Fact
from seller.timeline.failure import failed_with
from seller.timeline.messages import tell_message
from seller.timeline.opened import JSON, OpenedRun, json_of
from seller.timeline.readings import is_reading, tell_reading
from seller.timeline.telling import Telling

STEPS: Final = {
    "waiting_for_stock": "Waits for stock.",
    "needs_attention": "Waits for a person: amend it, or cancel it.",
}
"""What is said of the steps of a purchase in which it waits for people."""


def facts_of(runs: Iterable[OpenedRun]) -> list[Fact]:
    """What happened in the runs of one workflow id, given oldest first: each knows what those before it said, or, where
    one was reset, what was known when that began."""
    runs, facts, telling = list(runs), list[Fact](), None
    were_reset, known = {run.reset_from for run in runs} - {""}, dict[str, Telling]()
    for run in runs:
        is_told_up_to_reset = run.reset_from in known
        if is_told_up_to_reset:
            telling = copy.deepcopy(known[run.reset_from])
        else:
            telling = Telling(run.workflow_id) if telling is None else telling.of_next_run()
        if run.run_id in were_reset:
            known[run.run_id] = copy.deepcopy(telling)
        _tell_run(telling, run, is_told_up_to_reset=is_told_up_to_reset)
        # A reset ends the run before, as somebody who terminates it does: it is told once.
        facts += [fact for fact in telling.facts if fact.what != "terminated" or run.run_id not in were_reset]
    return facts


def _tell_run(telling: Telling, run: OpenedRun, *, is_told_up_to_reset: bool) -> None:
    activities, earlier, reset = activities_of(run.events), dict[str, Activity](), run.reset
    for event in run.events:
        if reset and event.event_id == reset.event_id:
            if is_told_up_to_reset:
                telling.facts.clear()
            _tell_reset(telling, event, run)
        _tell_life(telling, event, run.workflow_type)
        tell_message(telling, event)
        if activity := activities.get(event.event_id):
            if activity.name in SENT_ONCE:
                tell_start(telling, activity, earlier.get(activity.name))
                earlier[activity.name] = activity
        elif number := ended_activity(event):
            activity = activities[number]
            tell_end(telling, activity)
            if activity.is_done and is_reading(activity):
                tell_reading(telling, activity)
    under_way = {activity.id: activity for activity in activities.values() if activity.ended is None}
    for pending in run.pending:
        if activity := under_way.get(pending.activity_id):
            tell_pending(telling, activity, pending)


def _tell_reset(telling: Telling, event: HistoryEvent, run: OpenedRun) -> None:
    reset = event.workflow_task_failed_event_attributes
    before = [time_of(one) for one in run.events if one.event_id < event.event_id]
    why = failed_with(reset.failure).words if reset.HasField("failure") else "no reason given"
    said = (
        f"It was reset to what it knew at {before[-1]:%Y-%m-%d %H:%M:%S} UTC ({why}): what was sold and sent since "
        "then stands, and is not done once more."
    )
    telling.tell(time_of(event), "reset", said)


def _tell_life(telling: Telling, event: HistoryEvent, workflow_type: str) -> None:
    """How a run began and ended, and what else Temporal itself knows of it."""
    name = event.WhichOneof("attributes") or ""
    if name == "workflow_execution_started_event_attributes":
        begin = BEGUN.get(workflow_type)
        if begin:
            started = event.workflow_execution_started_event_attributes
            begin(telling, event, started, json_of(started.input) or {})
    elif name == "upsert_workflow_search_attributes_event_attributes":
        _tell_shown(telling, event)
    elif name == "start_child_workflow_execution_initiated_event_attributes":
        child = event.start_child_workflow_execution_initiated_event_attributes
        if is_subscription_id(child.workflow_id):
            telling.tell(time_of(event), "claimed", f"Claimed: {child.workflow_id} is started for this purchase.")
    elif name == "start_child_workflow_execution_failed_event_attributes":
        child_id = event.start_child_workflow_execution_failed_event_attributes.workflow_id
        telling.tell(time_of(event), "claimed", f"Not claimed: {child_id} is there already, and is another's.")
    else:
        _tell_end(telling, event, name, workflow_type)


def _tell_end(telling: Telling, event: HistoryEvent, name: str, workflow_type: str) -> None:
    at, subject = time_of(event), SUBJECTS.get(workflow_type, "The run")
    if name == "workflow_execution_cancel_requested_event_attributes":
        by = event.workflow_execution_cancel_requested_event_attributes.identity or "somebody"
        telling.tell(at, "cancelled", f"{subject} was cancelled by {by}.")
    elif name == "workflow_execution_terminated_event_attributes":
        by_whom = event.workflow_execution_terminated_event_attributes
        why = f": {by_whom.reason}" if by_whom.reason else ", who gave no reason"
        by = f"{by_whom.identity or 'somebody'}{why}"
        remedy = f". starter.py restore {telling.run} brings it back" if workflow_type in RESTORED else ""
        telling.tell(at, "terminated", f"{subject} was terminated by {by}{remedy}.")
    elif name == "workflow_execution_timed_out_event_attributes":
        telling.tell(at, "terminated", f"{subject} ran into a timeout that it was started with.")
    elif name == "workflow_execution_failed_event_attributes":
        failure = failed_with(event.workflow_execution_failed_event_attributes.failure)
        if failure.type == "Released":
            telling.tell(at, "given_back", f"The endpoint is free again: {failure.said}.")
        else:
            telling.tell(at, "failed", f"{subject} failed: {failure.type or 'it'}: {failure.said}.")
    elif name == "workflow_execution_canceled_event_attributes":
        telling.tell(at, "cancelled", f"{subject} ended as cancelled: nothing was sold.")
    elif name == "workflow_execution_completed_event_attributes":
        result = json_of(event.workflow_execution_completed_event_attributes.result) or {}
        _tell_result(telling, event, workflow_type, result)


def _tell_result(telling: Telling, event: HistoryEvent, workflow_type: str, result: JSON) -> None:
    at = time_of(event)
    if workflow_type == PROVISION_TYPE:
        sold = f"the eSIM of endpoint {result.get('endpoint_id')}, ICCID {result.get('iccid')}"
        said = f"The purchase is complete: {sold}."
        telling.tell(at, "sold", said)
        mail = str((result.get("delivery") or {}).get("email") or "")
        if mail.startswith("not sent"):  # where it can be, the subscription sends it
            telling.tell(at, "not_told", f"The eSIM by email: {mail}.")
    elif workflow_type == SUBSCRIPTION_TYPE:
        ended = {"closed": "It is closed for good.", "quarantined": "It is kept from everybody for good (quarantined)."}
        telling.tell(at, "closed", ended.get(str(result.get("status")), "It ended."))
    elif workflow_type == ADOPT_TYPE:
        addons = ", ".join(str(addon.get("unique_id")) for addon in result.get("addons", []))
        had = f", with add-ons {addons}" if addons else ""
        telling.tell(at, "adopted", f"Taken over from elsewhere: {result.get('outcome')}{had}.")


def _tell_shown(telling: Telling, event: HistoryEvent) -> None:
    """A subscription's status and a purchase's step, where they were shown in the lists of visibility."""
    changed = event.upsert_workflow_search_attributes_event_attributes.search_attributes
    shown = decode_typed_search_attributes(changed)
    telling.status = shown.get(STATUS) or telling.status
    if said := STEPS.get(shown.get(PURCHASE_STEP) or ""):
        telling.tell(time_of(event), "waits", said)


Begin = Callable[[Telling, HistoryEvent, WorkflowExecutionStartedEventAttributes, JSON], None]


def _begin_sale(
    telling: Telling, event: HistoryEvent, started: WorkflowExecutionStartedEventAttributes, purchase: JSON
) -> None:
    telling.waiting.append(purchase)
    who = purchase.get("ordered_by") or started.identity or "nobody named"
    said = f"Bought: {purchase.get('product')} ({purchase.get('plan_id')}) for traveler {purchase.get('traveler_id')}"
    mail = "mail is asked for" if purchase.get("email") else "no mail is asked for"
    about = purchase.get("purchase_id")
    telling.tell(time_of(event), "bought", f"{said} as purchase {about}, by {who}; {mail}.", about)


def _begin_esim(
    telling: Telling, event: HistoryEvent, started: WorkflowExecutionStartedEventAttributes, state: JSON
) -> None:
    subscription = state.get("subscription") or {}
    telling.status, telling.waiting, telling.ordered = subscription.get("status", ""), [], {}
    for addon in subscription.get("addons", []):
        if addon.get("unique_id"):
            telling.purchases[str(addon["unique_id"])] = str(addon.get("purchase_id"))
        elif addon.get("status", "pending") == "pending":  # what is as by default is not carried on
            telling.waiting.append(addon)
    for order in state.get("changes", []):
        if not order.get("by_itself"):
            to = "Active" if order.get("to") == "active" else "Suspended"
            telling.ordered[to] = str(order.get("ordered_by") or "nobody named")
    restored = state.get("restored") or {}
    if started.continued_execution_run_id:
        return
    if restored and not restored.get("is_checked"):
        by = f" by {started.identity}" if started.identity else ""
        said = f"Restored{by}: it goes on from where run {restored.get('from_run')} was ended."
        telling.tell(time_of(event), "restored", said)
    elif state.get("is_adopted"):
        said = f"Taken over from elsewhere, for traveler {subscription.get('traveler_id')}."
        telling.tell(time_of(event), "claimed", said)


def _begin_telling(
    telling: Telling, event: HistoryEvent, _started: WorkflowExecutionStartedEventAttributes, news: JSON
) -> None:
    sale = news.get("sale") or {}
    said = f"To be told to the portal: {news.get('type')}" + (f": {sale['detail']}" if sale.get("detail") else ".")
    telling.tell(time_of(event), "waits", said, sale.get("purchase_id"))


def _begin_adoption(
    telling: Telling, event: HistoryEvent, started: WorkflowExecutionStartedEventAttributes, adoption: JSON
) -> None:
    by = started.identity or "nobody named"
    only = "looked whether it can be taken over" if adoption.get("dry_run") else "taken over"
    said = f"To be {only} from elsewhere, for traveler {adoption.get('traveler_id')}, by {by}."
    telling.tell(time_of(event), "ordered", said)


BEGUN: Final[dict[str, Begin]] = {
    PROVISION_TYPE: _begin_sale,
    SUBSCRIPTION_TYPE: _begin_esim,
    ADOPT_TYPE: _begin_adoption,
    "TellPortalWorkflow": _begin_telling,
}

RESTORED: Final = (PROVISION_TYPE, SUBSCRIPTION_TYPE)

SUBJECTS: Final = {
    PROVISION_TYPE: "The purchase",
    SUBSCRIPTION_TYPE: "The subscription",
    ADOPT_TYPE: "Taking it over",
    "TellPortalWorkflow": "Telling the portal",
}
"""What is said of runs of each type, as a subject."""
