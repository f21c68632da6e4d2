"""Mails speak the traveler's language: all of them, and nothing but that."""

import re
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr

from contract.event import FOR_TRAVELERS
from delivery.help import help_topics
from delivery.mail import esim_mail
from delivery.mailer import Mailer
from delivery.notice import notice_mail
from languages import speaking
from languages.language import CODES, LANGUAGES, language_of
from tests.support.addon_events import event, usage
from tests.support.postbox import Postbox, listening

SENDER = Address("Wakanda Travel", "esim", "shop.example")
TO = "traveler@example.com"
CODE = "LPA:1$smdp.example.com$MATCHING-ID$$1"
PRODUCT = "Wakanda 30Days / 30GB"
ICCID = "8932000000000000017"

OWN = ("https?://\\S+", "smdp\\.example\\.com", "MATCHING-ID", PRODUCT, "internet\\.wk", ICCID, "ICCID", "UTC", "GB")
"""What is the same in every language."""


class Foreign(NullTranslations):
    """A language in which every letter of a text is another one, but for what stands for a value."""

    def gettext(self, message: str) -> str:
        return "".join(
            part if part.startswith("%(") else re.sub("[A-Za-z]", "ж", part)
            for part in re.split(r"(%\(\w+\)s)", message)
        )


class Text(HTMLParser):
    """What is read of HTML: the words between tags, and in place of pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html.partition("<body")[2].partition(">")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value or "" for name, value in attrs if name in ("alt", "title")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def bodies(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


def every_mail() -> list[EmailMessage]:
    """One of each kind, in the language that is spoken."""
    sold = esim_mail(
        sender=SENDER,
        recipient=TO,
        product=PRODUCT,
        activation_code=CODE,
        iccid=ICCID,
        message_id="esim-P-1",
        apn="internet.wk",
    )
    told = [event(type, usage=read) for type in FOR_TRAVELERS for read in (usage(), None)]
    return [sold, *(notice_mail(sender=SENDER, recipient=TO, event=one) for one in told)]


def test_no_mail_says_anything_that_is_in_no_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "translations", lambda _code: Foreign())
    with speaking.speaking(language_of("ja")):  # whose dates have no Latin letters
        for mail in every_mail():
            plain, html = bodies(mail)
            for text in (mail["Subject"], plain, " ".join(Text(html).words)):
                assert "ж" in text
                assert re.findall("[A-Za-z]{2,}", re.sub("|".join(OWN), "", text)) == []


@pytest.mark.parametrize("code", CODES)
def test_every_mail_is_in_the_language_and_the_direction_of_its_reader(code: str) -> None:
    language = LANGUAGES[code]
    with speaking.speaking(language):
        for mail in every_mail():
            plain, html = bodies(mail)
            speech = f'lang="{code}" dir="{language.direction}"'
            assert f"<html {speech}>" in html
            assert f"<div {speech}>" in html
            assert PRODUCT in mail["Subject"]
            assert "%(" not in mail["Subject"] + plain + html
        plain, html = bodies(every_mail()[0])
        assert ('<code dir="ltr">smdp.example.com</code>' in html, "internet.wk" in plain) == (True, True)


def test_help_answers_what_travelers_ask_and_speaks_of_an_access_point_only_where_there_is_one() -> None:
    takes, before, there, trouble = help_topics()
    kinds = ("*#06#", "iPhone", "Samsung Galaxy", "Google Pixel", "locked")
    assert all(word in line for word, line in zip(kinds, takes.lines, strict=True))
    assert "Wi-Fi" in before.lines[0]
    assert "data roaming" in there.lines[1]
    assert trouble.title == "If it does not connect"
    added = [topic for topic in help_topics("internet.wk") if topic not in (takes, before, there, trouble)]
    assert [topic.title for topic in added] == ["The access point (APN)"]
    assert "enter the APN internet.wk," in added[0].lines[0]


async def test_a_mail_goes_out_in_the_language_and_the_time_zone_that_were_asked_for() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "Wakanda Travel <esim@shop.example>")
        for locale, timezone in (("de-AT", "Asia/Tokyo"), ("tlh", "Qo/noS"), (None, None)):
            told = event(usage=usage())
            await mailer.send_notice(recipient=SecretStr(TO), event=told, locale=locale, timezone=timezone)
        await mailer.send_esim(
            recipient=SecretStr(TO),
            product=PRODUCT,
            activation_code=SecretStr(CODE),
            iccid=ICCID,
            message_id="esim-P-1",
            locale="ar",
        )
    mails = [message_from_bytes(bytes(sent.original_content or b""), policy=default) for sent in postbox.mails]
    german, unknown, without = (bodies(mail)[0] for mail in mails[:3])
    assert "Gültig bis 2. Dezember 2026, 17:30 (Tokio)." in german
    assert unknown == without
    assert "It is valid until 2 December 2026, 08:30 UTC." in without
    assert 'dir="rtl"' in bodies(mails[3])[1]
    assert speaking.spoken().language.code == "en", "what was spoken for a mail is spoken no longer"
