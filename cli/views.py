"""What people get to see: an eSIM that was sold, a purchase, a subscription and its add-ons."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table

from cli.balance import balance, moment, state, state_until
from cli.mail_view import delivery_line
from cli.screen import Screen
from contract.activation_code import asks_for_confirmation
from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.order import CarriedOutOrder
from contract.subscription import Subscription
from contract.workflow_ids import is_provision_id, purchase_id_of
from delivery.links import CONFIRMATION, install_links, manual_code
from seller.addons import has_ended
from seller.diagnosis import Explanation, Pinned, Waiting
from seller.key_uses import KeyUses
from seller.restoring import Restored
from seller.sales import PurchaseStatus
from seller.search import FoundSubscriptions
from seller.subscriptions import LifecycleChange

MOST_ORDERS: Final = 5
"""Orders that a subscription is shown with, of the 50 that it has at most."""


def facts(**named: str | None) -> Table:
    """One fact a line, those that are not known left out. An underscore in a name is shown as a space."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in named.items():
        if value:
            table.add_row(name.replace("_", " "), value)
    return table


def show_sold(screen: Screen, esim: ProvisionedEsim, purchase_id: str) -> None:
    """Shows an eSIM that was sold, and everything that its traveler needs to install it."""
    about = facts(
        Purchase=purchase_id,
        Subscription=esim.subscription_id,
        Endpoint=esim.endpoint_id,
        ICCID=esim.iccid,
        Product=esim.addon.product,
        planId=esim.addon.plan_id,
        uniqueId=esim.addon.unique_id,
        **{channel.capitalize(): outcome for channel, outcome in esim.delivery.items()},
    )
    screen.show(about)
    if esim.activation_code:  # which one that was taken over may lack
        screen.qr(esim.activation_code)
        screen.show(*install_view(esim.activation_code))


def addon_view(addon: Addon) -> Table:
    """One add-on that was bought."""
    return facts(Product=addon.product, planId=addon.plan_id, uniqueId=addon.unique_id, Status=addon.status)


def purchase_view(status: PurchaseStatus) -> Table:
    """How far a first purchase has come."""
    return facts(
        Purchase=status.purchase_id,
        Step=status.step,
        Endpoint=status.endpoint_id,
        Detail=status.detail,
        Failed=f"{status.error.type}: {status.error.message}" if status.error else None,
    )


def explanation_view(explanation: Explanation) -> Table:
    """What a run waits for, and why."""
    asked = f" ({explanation.asked_as} belongs to it)" if explanation.asked_as else ""
    began = f"{explanation.status}, started {moment(explanation.started)}"
    rows = [("Run", f"{explanation.workflow_id}, {began}{asked}"), ("Run id", explanation.run_id)]
    rows += [("Queue", _queue(explanation))] if explanation.task_queue else []
    known = len(rows)
    if explanation.ended_outside:
        rows.append(("Ended", f"{explanation.ended_outside}; to bring it back: restore {explanation.workflow_id}"))
    if explanation.failed:
        again = f"; to start it again: retry {purchase_id_of(explanation.workflow_id)}" if _is_sale(explanation) else ""
        rows.append(("Failed", f"{explanation.failed}{again}"))
    rows += [("Missing", sentence) for sentence in explanation.missing_workers]
    if explanation.failing_task:
        rows.append(("Cannot go on", f"{explanation.failing_task} (attempt {explanation.task_attempt})"))
    if explanation.task_not_taken_since:
        rows.append(("Waits for", f"a worker: its workflow task {_not_taken(explanation.task_not_taken_since)}"))
    waiting = [one for one in explanation.waiting if not one.is_quiet]
    rows += [("Waits for", _waiting(one, explanation.workflow_id)) for one in waiting]
    pinned = explanation.pinned_to
    if explanation.status == "running" and len(rows) == known and (pinned is None or pinned.asked):
        rows.append(("Waits for", "nothing that fails: a timer, a message or a worker at work; status tells more"))
    if pinned:
        rows.append(("Goes on with", _pinned(pinned)))
    rows += [("Ceiling", explanation.ceiling)] if explanation.ceiling else []
    rows += [("Stock", explanation.stock)] if explanation.stock else []
    rows += [("Keys", sentence) for sentence in explanation.keys]
    rows += [("Now" if one.is_open else "Last", f"{moment(one.at)}: {one.said}") for one in explanation.latest]
    table = facts()
    for name, value in rows:
        table.add_row(name, value)
    return table


def _is_sale(explanation: Explanation) -> bool:
    return is_provision_id(explanation.workflow_id) and not explanation.ended_outside


def _queue(explanation: Explanation) -> str:
    """The task queue, and who asks it for workflows."""
    builds = [f"{one.identity} (build {one.build})" if one.build else one.identity for one in explanation.pollers]
    return f"{explanation.task_queue}, " + (f"polled by {', '.join(builds)}" if builds else "which no worker polls")


def _pinned(pinned: Pinned) -> str:
    asked = f"last asked for work at {pinned.asked:%H:%M:%S} UTC" if pinned.asked else "have all stopped: start one"
    return f"build {pinned.build} of {pinned.deployment} and no other; its workers {asked}"


def _waiting(waiting: Waiting, workflow_id: str) -> str:
    when = f", next at {waiting.next_attempt:%H:%M:%S} UTC" if waiting.next_attempt else ""
    by = f" (worker {waiting.worker})" if waiting.worker else ""
    last = f": {waiting.last_failure}{by}" if waiting.last_failure else ""
    since = waiting.not_taken_since
    queued = f", {_not_taken(since)}, or its turn under SFT_MAX_REQUESTS_PER_SECOND has not come" if since else ""
    if waiting.paused:
        unpause = f"temporal activity unpause --workflow-id {workflow_id} --activity-id {waiting.activity_id}"
        return f"{waiting.activity}, attempt {waiting.attempt}, paused {waiting.paused}, until: {unpause}{last}"
    return f"{waiting.activity}, attempt {waiting.attempt}{when}{last}{queued}"


def _not_taken(since: datetime) -> str:
    return (
        f"is in the task queue since {since:%H:%M:%S} UTC, and no worker has taken it: "
        "none runs, or its build is not current (its log says so), or all are busy"
    )


BEGAN: Final = (
    "Counted are the runs that began under a key. One that is not in ESIM_ENCRYPTION_KEYS here may be needed although "
    "it is not listed: see --thorough"
)


def keys_view(uses: KeyUses, thorough: bool) -> list[RenderableType]:
    """The keys, how many runs need each, and which of them may be removed."""
    if not uses.keys:
        return ["No run was ever started here: no key is needed"]
    table = table_of("Key", "Running", "Ended, still kept", "Needed")
    for use in uses.keys:
        where = f": something in {use.found_in}" if use.found_in else ""
        table.add_row(use.key, str(use.running), str(use.ended), f"yes{where}" if use.needed else "no")
    return [table] if thorough else [table, BEGAN]


def install_view(activation_code: str) -> list[str]:
    """How to install an eSIM without scanning its QR code. Each line holds the activation code, or half of it."""
    links, code = install_links(activation_code), manual_code(activation_code)
    asks = [f"Confirmation code:  {CONFIRMATION}"] if asks_for_confirmation(activation_code) else []
    return [
        f"On an iPhone, tap:  {links.iphone}",
        f"On Android, tap:    {links.android}",
        f"By hand:            SM-DP+ address {code.smdp_address}, activation code {code.matching_id}",
        *asks,
    ]


def subscription_view(subscription: Subscription) -> list[RenderableType]:
    """A subscription, and each of its add-ons."""
    table = table_of("Purchase", "Product", "planId", "uniqueId", "Status", "Left")
    for addon in subscription.addons:
        status = f"{state(addon)}: {addon.error.message}" if addon.error else state(addon)
        table.add_row(addon.purchase_id, addon.product, addon.plan_id, addon.unique_id, status, balance(addon))
    profile = subscription.profile
    about = facts(
        Subscription=subscription.subscription_id,
        Traveler=subscription.traveler_id,
        Endpoint=subscription.endpoint_id,
        ICCID=subscription.iccid,
        Status=subscription.status,
        Mail=delivery_line(subscription.delivery),
        Profile=f"{profile.status} since {moment(profile.at)}, as SFT says" if profile else None,
    )
    return [about, table, *_notes(subscription), *_orders(subscription.orders)]


def usage_view(subscription: Subscription) -> list[RenderableType]:
    """What is left of each add-on, and until when; those that have ended come last."""
    table = table_of("Purchase", "Product", "uniqueId", "Left", "State")
    read = moment(max((addon.usage.as_of for addon in subscription.addons if addon.usage), default=None))
    for addon in sorted(subscription.addons, key=has_ended):
        words = state_until(addon)
        if addon.usage and moment(addon.usage.as_of) != read:
            words += f"\nread {moment(addon.usage.as_of)}"
        row = (addon.purchase_id, addon.product, addon.unique_id, balance(addon), words)
        table.add_row(*row, style="dim" if has_ended(addon) else "")
    return [table, *_notes(subscription), f"Read {read}" if read else "Not read yet"]


def restored_view(restored: Restored) -> list[RenderableType]:
    """What was brought back, and what was found then."""
    about = facts(Run=f"{restored.workflow_id}, which was {restored.ended}", Run_id=restored.run_id)
    more = [] if restored.is_checked else [f"It is still being looked at: restore {restored.workflow_id} tells more"]
    return [about, *restored.found, *more]


def found_view(found: FoundSubscriptions) -> list[RenderableType]:
    """The subscriptions that were found, a line each."""
    if not found.subscriptions:
        return ["No subscription is found"]
    table = table_of("Subscription", "Traveler", "Endpoint", "Status")
    for one in found.subscriptions:
        table.add_row(one.subscription_id, one.traveler_id, one.endpoint_id, one.status)
    more = f"There are more than these {len(found.subscriptions)}: --limit shows more of them"
    return [table, more] if found.truncated else [table]


def _notes(subscription: Subscription) -> list[RenderableType]:
    """What a table of the add-ons does not show."""
    notes: list[RenderableType] = []
    if subscription.archived:
        notes.append(f"and {subscription.archived} older ones")
    if subscription.unmatched:
        notes.append(f"On the endpoint, but bought by nobody here: {', '.join(subscription.unmatched)}")
    if subscription.surplus_removed:
        notes.append(f"Removed, made late by SFT: {', '.join(subscription.surplus_removed)}")
    for message in subscription.set_aside:
        notes.append(
            f"Message {message.number}, {message.message}, waits for key {message.key} since {moment(message.since)}: "
            f"give it to the workers, or starter.py drop {subscription.subscription_id} {message.number}"
        )
    if lost := subscription.set_aside_lost:
        notes.append(f"Lost: {lost} messages under unknown keys, for which there was no room; have them sent again")
    return notes


def _orders(orders: Sequence[CarriedOutOrder]) -> list[str]:
    """The newest orders, each on a line: when, by whom, what, why, and what became of it."""
    lines = []
    for order in orders[: -MOST_ORDERS - 1 : -1]:
        about = f" {order.purchase_id}" if order.purchase_id else ""
        why = order.reason.replace("_", " ") if order.order in get_args(LifecycleChange) else order.reason
        what = f"{order.order.replace('_', ' ')}{about} ({why})"
        lines.append(f"{moment(order.at)}, {order.ordered_by or 'nobody named'}: {what}: {order.outcome}")
    older = len(orders) - len(lines)
    return [*lines, f"and {older} older orders, which --json shows"] if older else lines


def table_of(*columns: str) -> Table:
    """A table with these columns and no rows yet."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "Left")
    return table
