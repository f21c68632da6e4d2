"""The mail that notifies a traveler of what happened to an add-on: short, and with nothing secret in it."""

from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

from pydantic import TypeAdapter

from contract.addon import Usage
from contract.event import Event
from contract.ids import Product
from delivery.envelope import addressed_mail
from delivery.html_letter import html_letter, paragraph
from languages.figures import data, moment, percent
from languages.speaking import joined, plain_text, say
from languages.text import Text, marked

_PRODUCT: TypeAdapter[str] = TypeAdapter(Product)

HEADLINES: Final[dict[str, Text]] = {
    "addon_used_80_percent": marked("%(share)s used: %(product)s"),
    "addon_used_up": marked("Used up: %(product)s"),
    "addon_expires_soon": marked("Ends soon: %(product)s"),
    "addon_expired": marked("Expired: %(product)s"),
}
LEFT: Final = marked("%(left)s of %(granted)s are left, as of %(moment)s.")
WAS_LEFT: Final = marked("%(left)s of %(granted)s were left, as of %(moment)s.")
VALID: Final = marked("It is valid until %(moment)s.")
WAS_VALID: Final = marked("It was valid until %(moment)s.")
NOT_COUNTED: Final = marked("Use of the last hours may not be counted yet.")
ALL_USED: Final = marked("All %(granted)s are used.")
ALL_OF_IT: Final = marked("All of its data is used.")
BUY_MORE: Final = marked(
    "You can buy more in the shop where you bought it. Keep the eSIM on your phone: what you buy comes to it."
)


def notice_mail(*, sender: Address, recipient: str, event: Event) -> EmailMessage:
    """A mail in plain text and in HTML: what happened, how much is left, until when, and what to do; in the language
    that is spoken (languages/speaking.py).

    Message-ID is a hash of the ``event_id``. Raises ValueError for an event that travelers are not told, one without
    an add-on, or a header value that cannot be sent.
    """
    if event.addon is None:
        raise ValueError("the event is about no add-on")
    if event.type not in HEADLINES:
        raise ValueError("travelers are not told of this event")
    product = _PRODUCT.validate_python(event.addon.product)
    headline = say(HEADLINES[event.type], product=product, share=percent(0.8))
    lines = [line for line in (_what_is_left(event.type, event.addon.usage), say(BUY_MORE)) if line]
    mail = addressed_mail(sender=sender, recipient=recipient, subject=headline, message_id=event.event_id)
    mail.set_content(plain_text("\n\n".join([headline, *lines]) + "\n"))
    mail.add_alternative(html_letter(headline, [paragraph(line) for line in lines]), subtype="html")
    return mail


def _what_is_left(type: str, usage: Usage | None) -> str:
    match type:
        case "addon_used_80_percent":
            return joined(_left(usage), _end(VALID, usage), say(NOT_COUNTED))
        case "addon_used_up":
            return _all_used(usage)
        case "addon_expires_soon":
            return joined(_end(VALID, usage), _left(usage))
        case _:
            return joined(_end(WAS_VALID, usage), _left(usage, WAS_LEFT))


def _left(usage: Usage | None, words: Text = LEFT) -> str:
    if usage is None or not usage.granted_bytes:
        return ""
    left, granted = (data(amount, usage.units) for amount in (usage.left_bytes, usage.granted_bytes))
    return say(words, left=left, granted=granted, moment=moment(usage.as_of))


def _all_used(usage: Usage | None) -> str:
    if usage is None or not usage.granted_bytes:
        return say(ALL_OF_IT)
    return say(ALL_USED, granted=data(usage.granted_bytes, usage.units))


def _end(words: Text, usage: Usage | None) -> str:
    return say(words, moment=moment(usage.expires_at)) if usage and usage.expires_at else ""
