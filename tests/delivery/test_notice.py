import re
from datetime import datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape
from typing import get_args

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr

from contract.event import FOR_TRAVELERS, Event, EventType
from delivery.mailer import Mailer, MailNotSent
from delivery.notice import notice_mail
from tests.support.addon_events import event, usage
from tests.support.postbox import Postbox, listening

SENDER = Address("Wakanda Travel", "esim", "shop.example")
BUY_MORE = "You can buy more in the shop where you bought it. Keep the eSIM on your phone: what you buy comes to it."


def texts(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    return plain.get_content().replace("\r\n", "\n"), html.get_content()


def written(told: Event) -> EmailMessage:
    return notice_mail(sender=SENDER, recipient="traveler@example.com", event=told)


async def sent(told: Event, postbox: Postbox, *, recipient: str = "traveler@example.com") -> None:
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "Wakanda Travel <esim@shop.example>")
        await mailer.send_notice(recipient=SecretStr(recipient), event=told)


LEFT = "5.8 GB of 30 GB are left, as of 21 November 2026, 12:00 UTC."


@pytest.mark.parametrize(
    ("type", "subject", "says"),
    [
        (
            "addon_used_80_percent",
            "80% used",
            f"{LEFT} It is valid until 2 December 2026, 08:30 UTC. Use of the last hours may not be counted yet.",
        ),
        ("addon_used_up", "Used up", "All 30 GB are used."),
        ("addon_expires_soon", "Ends soon", f"It is valid until 2 December 2026, 08:30 UTC. {LEFT}"),
        ("addon_expired", "Expired", f"It was valid until 2 December 2026, 08:30 UTC. {LEFT.replace('are', 'were')}"),
    ],
)
async def test_a_notice_says_what_happened_what_is_left_until_when_and_what_to_do(
    type: EventType, subject: str, says: str
) -> None:
    postbox = Postbox()
    await sent(event(type, usage=usage()), postbox)
    mail = postbox.mail()
    assert (mail["From"], mail["To"]) == ("Wakanda Travel <esim@shop.example>", "traveler@example.com")
    assert mail["Subject"] == f"{subject}: Wakanda 30Days / 30GB"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = texts(mail)
    assert plain.split("\n\n") == [mail["Subject"], says, f"{BUY_MORE}\n"]
    for line in (mail["Subject"], says, BUY_MORE):
        assert f">{escape(line)}<" in html


@pytest.mark.parametrize("type", FOR_TRAVELERS)
def test_what_is_not_known_is_left_out(type: EventType) -> None:
    plain, _ = texts(written(event(type)))
    assert not re.search(r"None|\d GB are|until|as of|\d\d:\d\d", plain)
    assert BUY_MORE in plain
    without_end, _ = texts(written(event(type, usage=usage(expires_at=None))))
    assert not re.search(r"None|until", without_end)


def test_moments_are_in_utc_wherever_they_come_from() -> None:
    expires_at = datetime(2026, 12, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    plain, _ = texts(written(event(usage=usage(expires_at=expires_at))))
    assert "until 30 November 2026, 23:30 UTC" in plain


def test_a_small_rest_is_not_called_none() -> None:
    plain, _ = texts(written(event(usage=usage(remaining_gigabytes=0.009))))
    assert "less than 0.01 GB of 30 GB are left" in plain


def test_only_the_same_event_makes_the_same_message_id() -> None:
    first, again, other = (written(event(event_id=event_id))["Message-ID"] for event_id in ("s-1", "s-1", "s-2"))
    assert first == again != other
    assert re.fullmatch(r"<[0-9a-f]+@shop\.example>", first)


async def test_markup_in_a_products_name_is_text() -> None:
    postbox = Postbox()
    await sent(event(product="<b>&amp;</b> =?utf-8?q?=0D=0ABcc:_other@example.com?="), postbox)
    mail = postbox.mail()
    assert "Bcc" not in mail
    assert "<b>" not in texts(mail)[1]
    assert "&lt;b&gt;&amp;amp;" in texts(mail)[1]


@pytest.mark.parametrize("product", ["Wakanda\r\nBcc: traveler@example.com", "x" * 201, ""])
async def test_a_product_that_cannot_stand_in_a_mail_reaches_no_server(product: str) -> None:
    postbox = Postbox()
    with pytest.raises(MailNotSent, match="the recipient or the product cannot stand in a mail") as refusal:
        await sent(event(product=product), postbox)
    assert postbox.connections == 0
    assert refusal.value.fault == "mail"
    assert refusal.value.__context__ is None


async def test_a_recipient_that_is_not_one_address_reaches_no_server() -> None:
    postbox = Postbox()
    with pytest.raises(MailNotSent) as refusal:
        await sent(event(), postbox, recipient="a@b.example, traveler@example.com")
    assert postbox.connections == 0
    assert "traveler" not in str(refusal.value)


def test_travelers_are_told_of_nothing_else() -> None:
    for type in set(get_args(EventType)) - set(FOR_TRAVELERS):
        with pytest.raises(ValueError, match="travelers are not told of this event"):
            written(event(type))
    with pytest.raises(ValueError, match="the event is about no add-on"):
        written(event().model_copy(update={"addon": None}))
