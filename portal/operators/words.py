"""What operators read instead of our own names for things."""

from datetime import timedelta
from typing import Final

STEPS: Final = {"waiting_for_stock": "waits for stock", "needs_attention": "needs attention"}

STATUSES: Final = {
    "Running": "under way",
    "Completed": "sold",
    "Failed": "failed",
    "Canceled": "cancelled",
    "Terminated": "terminated",
    "TimedOut": "timed out",
}

SAID: Final = {
    "amended": "Amended: the add-on is being tried again.",
    "cancelled": "Cancelling: what the sale held is given back, which takes some moments.",
}

UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lasted(time: timedelta) -> str:
    """In one unit, rounded down."""
    seconds = time.total_seconds()
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.1f} s"


def status_of(status: str, step: str | None) -> str:
    """What became of a sale, or what it waits for."""
    return STEPS.get(step or "", STATUSES["Running"]) if status == "Running" else STATUSES.get(status, status)
