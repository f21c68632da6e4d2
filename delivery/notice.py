"""The mail that notifies a traveler of what happened to an add-on: short, and with nothing secret in it."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape

from pydantic import TypeAdapter

from contract.addon import Addon, Usage
from contract.amounts import gigabytes
from contract.event import Event
from contract.ids import Product
from delivery.envelope import addressed_mail

_PRODUCT: TypeAdapter[str] = TypeAdapter(Product)
_BUY_MORE = "You can buy more in the shop where you bought it. Keep the eSIM on your phone: what you buy comes to it."


def notice_mail(*, sender: Address, recipient: str, event: Event) -> EmailMessage:
    """A mail in plain text and in HTML: what happened, how much is left, until when, and what to do.

    Message-ID is a hash of the ``event_id``. Raises ValueError for an event that travelers are not told, one without
    an add-on, or a header value that cannot be sent.
    """
    if event.addon is None:
        raise ValueError("the event is about no add-on")
    product = _PRODUCT.validate_python(event.addon.product)
    headline, lines = _content(event, event.addon, product)
    mail = addressed_mail(sender=sender, recipient=recipient, subject=headline, message_id=event.event_id)
    mail.set_content("\n\n".join([headline, *lines]) + "\n")
    mail.add_alternative(_html(headline, lines), subtype="html")
    return mail


def _content(event: Event, addon: Addon, product: str) -> tuple[str, list[str]]:
    usage = addon.usage
    match event.type:
        case "addon_used_80_percent":
            about = [_left(usage), _end("It is valid until", usage), "Use of the last hours may not be counted yet."]
            headline = f"80 % used: {product}"
        case "addon_used_up":
            about = [_all_used(usage)]
            headline = f"Used up: {product}"
        case "addon_expires_soon":
            about = [_end("It is valid until", usage), _left(usage)]
            headline = f"Ends soon: {product}"
        case "addon_expired":
            about = [_end("It was valid until", usage), _left(usage, "were")]
            headline = f"Expired: {product}"
        case _:
            raise ValueError("travelers are not told of this event")
    return headline, [" ".join(sentence for sentence in about if sentence), _BUY_MORE]


def _left(usage: Usage | None, verb: str = "are") -> str:
    if usage is None or not usage.left:
        return ""
    return f"{usage.left} {verb} left, as of {_moment(usage.as_of)}."


def _all_used(usage: Usage | None) -> str:
    if usage is None or not usage.granted_bytes:
        return "All of its data is used."
    return f"All {gigabytes(usage.granted_bytes, usage.units)} GB are used."


def _end(words: str, usage: Usage | None) -> str:
    return f"{words} {_moment(usage.expires_at)}." if usage and usage.expires_at else ""


def _moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def _html(headline: str, lines: list[str]) -> str:
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your eSIM</title></head>
<body style="font-family: sans-serif; max-width: 36em; color: #222222; background-color: #ffffff">
<h1 style="font-size: 1.4em">{escape(headline)}</h1>
{paragraphs}
</body>
</html>
"""
