"""What the Temporal Web UI shows of a subscription under "current details": its add-ons as a table, in Markdown."""

from typing import Final

from contract.addon import Addon
from contract.delivery import UNDER_WAY
from workflows.state import SubscriptionState

SHOWN: Final = 50
"""Rows of the table, the newest purchases first."""


def details_of(state: SubscriptionState, doing: str) -> str:
    """One heading, a sentence about what is being done or waited for if anything, and a row an add-on."""
    subscription = state.subscription
    lines = [
        f"**{subscription.status}**: endpoint {subscription.endpoint_id} of traveler {subscription.traveler_id}",
        "",
    ]
    if profile := subscription.profile:
        lines += [f"Profile {profile.status} since {profile.at:%Y-%m-%d %H:%M} UTC, as SFT says.", ""]
    for sentence in (doing, _waiting(state)):
        lines += [sentence, ""] if sentence else []
    lines += ["| purchase | product | plan | uniqueId | status | left | until |", "|---|---|---|---|---|---|---|"]
    lines += [_row(addon) for addon in reversed(subscription.addons[-SHOWN:])]
    if older := len(subscription.addons[:-SHOWN]) + subscription.archived:
        lines += ["", f"and {older} older ones"]
    if subscription.unmatched:
        lines += ["", f"On the endpoint, but bought by nobody here: {', '.join(subscription.unmatched)}"]
    if subscription.surplus_removed:
        lines += ["", f"Removed, made late by SFT: {', '.join(subscription.surplus_removed)}"]
    return "\n".join(lines)


def _waiting(state: SubscriptionState) -> str:
    waiting = []
    if state.queue and state.subscription.status == "suspended":
        waiting.append(f"{len(state.queue)} purchases wait for resume")
    if state.to_portal:
        waiting.append(f"{len(state.to_portal)} events wait for the portal to take them")
    if state.to_traveler:
        waiting.append(f"{len(state.to_traveler)} messages wait for the mail server")
    if (delivery := state.subscription.delivery) and delivery.status in UNDER_WAY:
        waiting.append(f"the mail with the eSIM is {delivery.status.replace('_', ' ')}{_reason(delivery.reason)}")
    if state.set_aside.messages:
        keys = ", ".join(sorted({message.key for message in state.set_aside.messages}))
        waiting.append(f"{len(state.set_aside.messages)} messages wait for a worker that has key {keys}")
    if state.set_aside.lost:
        waiting.append(f"{state.set_aside.lost} messages under unknown keys are lost: there was no room for them")
    return f"{'; '.join(waiting)}." if waiting else ""


def _reason(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _row(addon: Addon) -> str:
    status = f"{addon.status}: {addon.error.message}" if addon.error else addon.status
    left = until = ""
    if (usage := addon.usage) and addon.status != "removed":
        status = usage.state.replace("_", " ")
        left = usage.left
        until = f"{usage.expires_at:%Y-%m-%d %H:%M} UTC" if usage.expires_at else ""
    cells = [addon.purchase_id, addon.product, addon.plan_id, addon.unique_id or "", status, left, until]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
