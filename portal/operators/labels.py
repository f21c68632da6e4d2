"""Labels for operators: steps, statuses and spans of time as their page has them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from babel.dates import format_timedelta
from markupsafe import Markup

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

MINUTE: Final = 60

THEIRS: Final = "en"
"""The language of operators' pages."""

NO_TITLE: Final = Markup()


def lasted(time: timedelta) -> str:
    """As people say it, in one unit: ``3 minutes``; below a minute to a tenth of a second."""
    seconds = max(time.total_seconds(), 0)
    return f"{seconds:.1f} s" if seconds < MINUTE else format_timedelta(time, threshold=1, locale=THEIRS)


def ago(time: datetime) -> Markup:
    """``3 minutes ago``, or ``in 2 days``; the exact time is in the title, and for programs."""
    away = time - datetime.now(UTC)
    said = format_timedelta(away, threshold=1, add_direction=True, locale=THEIRS)
    if abs(away.total_seconds()) < MINUTE:
        said = "just now" if away <= timedelta() else "in less than a minute"
    return _time(time, said, Markup(' title="{}"').format(_utc(time, "%H:%M:%S")))


def moment(time: datetime) -> Markup:
    """To the minute, in UTC, as operators everywhere have it in their logs."""
    return _time(time, _utc(time, "%H:%M"))


def exact(time: datetime) -> Markup:
    """The same to the second."""
    return _time(time, _utc(time, "%H:%M:%S"))


def _time(time: datetime, said: str, title: Markup = NO_TITLE) -> Markup:
    machine = time.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}"{}>{}</time>').format(machine, title, said)


def _utc(time: datetime, clock: str) -> str:
    return f"{time.astimezone(UTC):%-d %b %Y, {clock}} UTC"


def status_of(status: str, step: str | None) -> str:
    """What became of a sale, or what it waits for."""
    return STEPS.get(step or "", STATUSES["Running"]) if status == "Running" else STATUSES.get(status, status)


def why(reason: str) -> str:
    """Without what a program has to send: the page has forms for that."""
    return reason.removesuffix(HOW_TO_AMEND).rstrip()
