"""The balance of an add-on in figures, words and a bar: readable without colour, and in a file."""

from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from contract.addon import Addon
from seller.addons import has_ended

BAR_CELLS: Final = 14
"""As many as fit into a file's width beside two ids, a product, and a state with its date."""

LITTLE: Final = 0.2
VERY_LITTLE: Final = 0.1
"""Shares of an add-on that are left when its bar turns yellow, and red."""


def balance(addon: Addon) -> Text:
    """What is left, full at first; empty where nothing can be used any more, or the size is not known."""
    usage = addon.usage
    if usage is None or addon.status == "removed":
        return Text("not read yet" if addon.status == "provisioned" else "", style="dim")
    if not usage.granted_bytes:
        return Text()
    share = 0.0 if has_ended(addon) else min(1.0, usage.remaining_bytes / usage.granted_bytes)
    return Text.assemble((_bar(share), _style(share)), f" {usage.left}")


def state(addon: Addon) -> str:
    """What an add-on does, in words: that of its usage once it was read."""
    if addon.error:
        return f"failed: {addon.error.type}"
    if addon.removed_at:
        return f"removed {moment(addon.removed_at)}"
    return addon.usage.state.replace("_", " ") if addon.usage else addon.status


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
