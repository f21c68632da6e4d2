"""Labels for operators: steps, statuses and spans of time as their page has them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from contract.progress import HOW_TO_AMEND

STEPS: Final = {"waiting_for_stock": "waits for stock", "needs_attention": "needs attention"}

TO_DO: Final = {
    "waiting_for_stock": "Order eSIMs from SFT: the sale looks again once a minute, and goes on by itself.",
    "needs_attention": "Amend it to a product or a planId that SFT takes, or cancel the sale and refund the traveler.",
}

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
    "retried": "Started again, under the same purchase id.",
    "cancelled": "Cancelling: what the sale held is given back, which takes some moments.",
}

ORDERED: Final = {
    "suspend": "Suspended: it carries no traffic.",
    "resume": "Resumed: it carries traffic again.",
    "close": "Closed for good.",
    "remove": "Taken off, at SFT, too.",
    "resend": "It is being mailed: load this page again to see what becomes of it.",
    "refund": "It was never used, and is closed: it may be paid back.",
    "not_refunded": "It was not given back, and nothing was changed: the orders below say why.",
    "goes_on": "Ordered. It takes a while, and goes on: load this page again.",
}

UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lasted(time: timedelta) -> str:
    """In one unit, rounded down."""
    seconds = time.total_seconds()
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.1f} s"


def ago(time: timedelta) -> str:
    """How old something is: nobody needs that in seconds."""
    return f"{lasted(time)} ago" if time.total_seconds() >= UNITS[-1][0] else "less than a minute ago"


def utc(time: datetime) -> str:
    """To the minute, in UTC, as operators everywhere have it in their logs."""
    return f"{time.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def status_of(status: str, step: str | None) -> str:
    """What became of a sale, or what it waits for."""
    return STEPS.get(step or "", STATUSES["Running"]) if status == "Running" else STATUSES.get(status, status)


def why(reason: str) -> str:
    """Without what a program has to send: the page has forms for that."""
    return reason.removesuffix(HOW_TO_AMEND).rstrip()
