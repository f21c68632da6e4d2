"""The balance of an add-on in figures, words and a bar: readable without colour, and in a file."""

from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from contract.addon import Addon, Usage
from seller.addons import has_ended

BAR_CELLS: Final = 14
"""As many as fit into a file's width beside two ids, a product, and a state with its date."""

LITTLE: Final = 0.2
VERY_LITTLE: Final = 0.1
"""Shares of an add-on that are left when its bar turns yellow, and red."""

GONE: Final = "gone from SFT"


def balance(addon: Addon) -> Text:
    """What is left, full at first; what the last reading said, beside an empty bar, where SFT shows it no more,
    and without a bar where it was taken off. Empty where the size is not known."""
    usage = addon.usage
    if usage is None or addon.status == "removed":
        if usage and usage.granted_bytes:
            return Text(f"{usage.last_read} then", style="dim")
        return Text("not read yet" if addon.status == "provisioned" else "", style="dim")
    if not usage.granted_bytes:
        return Text()
    share = 0.0 if has_ended(addon) else min(1.0, usage.remaining_bytes / usage.granted_bytes)
    return Text.assemble((_bar(share), _style(share)), f" {usage.last_read if is_gone(usage) else usage.left}")


def state(addon: Addon) -> str:
    """What an add-on does, in words: that of its usage once it was read."""
    if addon.error:
        return f"failed: {addon.error.type}"
    if addon.removed_at:
        return f"removed {moment(addon.removed_at)}"
    if addon.usage is None:
        return addon.status
    return GONE if is_gone(addon.usage) else addon.usage.state.replace("_", " ")


def is_gone(usage: Usage) -> bool:
    """Whether SFT does not show an add-on any more of which much was left at the last reading: who used it up within
    hours used much, and most likely somebody removed it."""
    return usage.state == "used_up" and usage.remaining_bytes > LITTLE * usage.granted_bytes


def state_until(addon: Addon) -> str:
    """What an add-on does, and until when it can be used or could be, if that is known."""
    usage = addon.usage
    if usage is None or usage.expires_at is None or usage.state == "used_up" or addon.status == "removed":
        return state(addon)
    return f"{state(addon)} {'on' if usage.state == 'expired' else 'until'} {moment(usage.expires_at)}"


def moment(time: datetime | None) -> str:
    """To the minute, in UTC; empty if there is none."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if time else ""


def _bar(share: float) -> str:
    cells = round(share * BAR_CELLS)
    if 0 < share < 1:  # neither full nor empty may be said of what is not quite
        cells = min(max(cells, 1), BAR_CELLS - 1)
    return "█" * cells + "░" * (BAR_CELLS - cells)


def _style(share: float) -> str:
    if share < VERY_LITTLE:
        return "red"
    return "yellow" if share < LITTLE else "green"
