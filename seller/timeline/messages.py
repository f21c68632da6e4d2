"""What a run was told: by signals and updates of a portal, an operator or another run of ours."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pydantic import ValidationError
from temporalio.api.common.v1 import Payloads
from temporalio.api.history.v1 import HistoryEvent

from contract.mail_address import masked
from contract.message import HandlerInput, told
from contract.order import LifecycleOrder
from contract.profile import ProfileReport
from contract.purchase import AddonPurchase
from seller.timeline.attempt import time_of
from seller.timeline.fact import What
from seller.timeline.failure import failed_with
from seller.timeline.opened import JSON, json_of
from seller.timeline.telling import Telling
from temporal.encryption.sealed import why_sealed

ORDERS: Final = {
    "suspend": ("Suspended", "to suspend it"),
    "resume": ("Active", "to resume it"),
    "close": ("Suspended", "to close it for good"),
}
"""Orders about the life cycle: the state that SFT is asked for, and the words."""

REQUESTED: Final = "_requested"

DROPPED_UNLESS: Final[dict[str, type[HandlerInput]]] = {
    "addon_purchased": AddonPurchase,
    **{f"{order}{REQUESTED}": LifecycleOrder for order in ORDERS},
    "profile_changed": ProfileReport,
}
"""What a portal's signal has to be. The run ignores another, for which nobody waits and nobody is told."""

UNTOLD: Final = ("look_soon", "refresh_usage", "cleaned_up", "look_again")
"""Messages of which only what follows on them is told."""

Say = Callable[[Telling, datetime, JSON, str], None]
"""Tells of one message: when it came, what is in it, and from whom, as far as Temporal knows."""


def tell_message(telling: Telling, event: HistoryEvent) -> None:
    """Says which message an event brought, if it did, and what an order failed with."""
    if event.HasField("workflow_execution_signaled_event_attributes"):
        signal = event.workflow_execution_signaled_event_attributes
        _tell(telling, event, signal.signal_name, signal.input, signal.identity)
    elif event.HasField("workflow_execution_update_accepted_event_attributes"):
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request
        telling.updates[request.meta.update_id] = request.input.name
        _tell(telling, event, request.input.name, request.input.args, request.meta.identity)
    elif event.HasField("workflow_execution_update_completed_event_attributes"):
        completed = event.workflow_execution_update_completed_event_attributes
        if completed.outcome.HasField("failure"):
            name = telling.updates.get(completed.meta.update_id, "an order").replace("_", " ")
            said = f"The answer to {name}: {failed_with(completed.outcome.failure).said}."
            telling.tell(time_of(event), "failed", said)


def _tell(telling: Telling, event: HistoryEvent, name: str, given: Payloads, identity: str) -> None:
    if name in UNTOLD:
        return
    by = f" by {identity}" if identity else ""
    if why := why_sealed(given.payloads):
        telling.tell(time_of(event), "unreadable", f"Message {name} came{by}, and {why}.")
    elif why := _why_dropped(name, given):
        telling.tell(time_of(event), "unreadable", f"Signal {name} came{by}, and was ignored: {why}.")
    elif say := SAID.get(name.removesuffix(REQUESTED)):
        message = json_of(given) or {}
        say(telling, time_of(event), message, str(message.get("ordered_by") or identity or "nobody named"))


def _why_dropped(name: str, given: Payloads) -> str | None:
    """Why a signal was not taken by the run; None if it was, or if it is no portal's."""
    expected = DROPPED_UNLESS.get(name)
    if expected is None:
        return None
    if len(given.payloads) != 1:
        return f"it has {len(given.payloads) or 'no'} inputs, and not one"
    try:
        expected.model_validate_json(given.payloads[0].data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc'])) or 'its input'}: {told(fault)}"
    return None


def _bought(telling: Telling, at: datetime, purchase: JSON, who: str) -> None:
    purchase_id = str(purchase.get("purchase_id"))
    known = [str(one.get("purchase_id")) for one in telling.waiting]
    if purchase_id in (*known, *telling.purchases.values()):
        telling.tell(at, "bought", f"Purchase {purchase_id} came once more, and is known already.", purchase_id)
        return
    telling.waiting.append(purchase)
    bought = "Bought again, after it failed" if purchase_id in telling.refused else "Bought"
    said = f"{bought}: {purchase.get('product')} ({purchase.get('plan_id')}) as purchase {purchase_id}, by {who}."
    if telling.status == "suspended":
        said += f" It waits: the eSIM is suspended{telling.suspension}."
    telling.tell(at, "bought", said, purchase_id)


def _changed(order: str) -> Say:
    to, words = ORDERS[order]

    def say(telling: Telling, at: datetime, given: JSON, who: str) -> None:
        telling.ordered[to] = who
        telling.suspension = f", as {who} ordered at {at:%Y-%m-%d %H:%M} UTC ({_reason(given)})"
        telling.tell(at, "ordered", f"Ordered {words}, by {who}: {_reason(given)}.")

    return say


def _removal(telling: Telling, at: datetime, order: JSON, who: str) -> None:
    about = str(order.get("purchase_id"))
    telling.take_off(about)
    telling.tell(at, "ordered", f"Ordered to take purchase {about} off, by {who}: {_reason(order)}.", about)


def _refund(telling: Telling, at: datetime, order: JSON, who: str) -> None:
    telling.ordered["Suspended"] = who
    telling.tell(at, "ordered", f"Ordered to give the eSIM back, by {who}: {_reason(order)}.")


def _resent(telling: Telling, at: datetime, order: JSON, who: str) -> None:
    to = f", to {masked(order['email'])}" if order.get("email") else ""
    telling.tell(at, "ordered", f"Ordered to mail the eSIM again{to}, by {who}.")


def _amended(telling: Telling, at: datetime, order: JSON, who: str) -> None:
    said = f"Amended to {order.get('product')} ({order.get('plan_id')}), by {who}."
    for purchase in telling.waiting:
        purchase["plan_id"] = order.get("plan_id")
    telling.tell(at, "ordered", said)


def _handed_over(telling: Telling, at: datetime, sale: JSON, _who: str) -> None:
    addon = sale.get("addon") or {}
    purchase_id, unique_id = str(addon.get("purchase_id")), addon.get("unique_id")
    telling.take_off(purchase_id)
    if unique_id:
        telling.purchases[str(unique_id)] = purchase_id
    telling.status = "active"
    said = f"Sold: the eSIM is the traveler's, with {addon.get('product')} (uniqueId {unique_id})."
    telling.tell(at, "sold", said, purchase_id)


def _given_back(telling: Telling, at: datetime, order: JSON, _who: str) -> None:
    fate = "kept from everybody (quarantined)" if order.get("verdict") == "quarantine" else "released"
    telling.ordered["Suspended"] = "its purchase, which sold nothing"
    telling.tell(at, "given_back", f"Not sold, and the endpoint is {fate}: {order.get('reason')}.")


def _profile(telling: Telling, at: datetime, report: JSON, _who: str) -> None:
    for change in report.get("changes", []):
        telling.tell(at, "told", f"SFT said that the profile was {change.get('status')} on a device.")


def _of_kind(what: What, words: str) -> Say:
    return lambda telling, at, _given, who: telling.tell(at, what, f"{words}, by {who}.")


def _reason(order: JSON) -> str:
    return str(order.get("reason") or "no reason given").replace("_", " ")


SAID: Final[dict[str, Say]] = {
    "addon_purchased": _bought,
    "purchase_addon": _bought,
    **{order: _changed(order) for order in ORDERS},
    "remove_addon": _removal,
    "refund": _refund,
    "resend": _resent,
    "name_esim": _of_kind("ordered", "Named for its traveler"),
    "amend_plan": _amended,
    "hand_over": _handed_over,
    "give_back": _given_back,
    "profile_changed": _profile,
    "forget": _of_kind("ordered", "Ordered to forget the traveler"),
    "drop_set_aside": _of_kind("ordered", "Ordered to drop a message under a key that nobody has"),
}
