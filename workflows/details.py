"""What the Temporal Web UI shows of a subscription under "current details": its add-ons as a table, in Markdown."""

from typing import Final

from domain.subscription import Subscription

SHOWN: Final = 50
"""Rows of the table, the newest purchases first."""


def details_of(subscription: Subscription, doing: str) -> str:
    """One heading, one sentence about what is being done right now if anything, and a row an add-on."""
    lines = [
        f"**{subscription.status}**: endpoint {subscription.endpoint_id} of traveler {subscription.traveler_id}",
        "",
    ]
    if doing:
        lines += [doing, ""]
    lines += ["| purchase | product | plan | uniqueId | status |", "|---|---|---|---|---|"]
    for addon in reversed(subscription.addons[-SHOWN:]):
        outcome = f"{addon.status}: {addon.error.message}" if addon.error else addon.status
        cells = [addon.purchase_id, addon.product, addon.plan_id, addon.unique_id or "", outcome]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    if len(subscription.addons) > SHOWN:
        lines += ["", f"and {len(subscription.addons) - SHOWN} older ones"]
    if subscription.surplus_removed:
        lines += ["", f"Removed, made late by SFT: {', '.join(subscription.surplus_removed)}"]
    return "\n".join(lines)
