"""The mail that brings a traveler an eSIM."""

from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

from markupsafe import Markup

from contract.activation_code import asks_for_confirmation
from delivery.envelope import addressed_mail, token
from delivery.help import help_topics
from delivery.html_letter import bullets, code, html_letter, link, paragraph
from delivery.links import CONFIRMATION, install_links, manual_code
from delivery.qr import qr_png
from languages.speaking import plain_text, say
from languages.text import marked

SUBJECT: Final = marked("Your eSIM: %(product)s")
READY: Final = marked("Your eSIM is ready: %(product)s")
INSTALL: Final = marked("Install it while you have an internet connection, on the phone that you travel with.")
ON_IPHONE: Final = marked("iPhone (iOS 17.4 or later), tap:")
ON_ANDROID: Final = marked("Android, tap:")
SCAN: Final = marked("From another screen, scan this code with the camera of the phone:")
BY_HAND: Final = marked("Or enter it by hand, in the eSIM settings of the phone:")
TAP_IPHONE: Final = marked("Install on iPhone")
TAP_ANDROID: Final = marked("Install on Android")
QR_CODE: Final = marked("QR code of your eSIM")
ADDRESS: Final = marked("SM-DP+ address:")
CODE: Final = marked("Activation code:")
SECRET: Final = marked("Keep this mail to yourself: whoever installs the eSIM first has it.")

QR_FILE: Final = "esim-qr-code.png"
"""Some mail programs show no picture without a name, and all save it under that."""


def esim_mail(
    *,
    sender: Address,
    recipient: str,
    product: str,
    activation_code: str,
    iccid: str,
    message_id: str,
    apn: str | None = None,
) -> EmailMessage:
    """A mail in plain text and in HTML, with the QR code, the install links, the code to type by hand, and help: in the
    language that is spoken (languages/speaking.py).

    Message-ID is a hash of ``message_id``, which may be any text: the same one makes the same header. ``apn`` is the
    access point that has to be set by hand, if there is one.
    Raises ValueError for an activation code or a header value that cannot be sent.
    """
    subject = say(SUBJECT, product=product)
    mail = addressed_mail(sender=sender, recipient=recipient, subject=subject, message_id=message_id)
    cid = token(message_id)
    mail.set_content(_text(product, activation_code, iccid, apn))
    html = EmailMessage(policy=mail.policy)
    html.set_content(_html(product, activation_code, iccid, cid, apn), subtype="html")
    # The id differs from mail to mail: some mail programs keep pictures by it, and would show another eSIM's.
    picture = qr_png(activation_code)
    html.add_related(picture, "image", "png", cid=f"<{cid}>", disposition="inline", filename=QR_FILE)
    mail.make_alternative()
    mail.attach(html)
    mail.add_attachment(picture, "image", "png", filename=QR_FILE)  # for programs that show no pictures in a mail
    return mail


def _text(product: str, activation_code: str, iccid: str, apn: str | None) -> str:
    links, parts = install_links(activation_code), manual_code(activation_code)
    paragraphs = [
        say(READY, product=product),
        say(INSTALL),
        f"{say(ON_IPHONE)}\n{links.iphone}",
        f"{say(ON_ANDROID)}\n{links.android}",
        f"{say(BY_HAND)}\n{say(ADDRESS)} {parts.smdp_address}\n{say(CODE)} {parts.matching_id}",
        *([say(CONFIRMATION)] if asks_for_confirmation(activation_code) else []),
        f"ICCID: {iccid}",
        say(SECRET),
        *("\n".join([topic.title, *(f"- {line}" for line in topic.lines)]) for topic in help_topics(apn)),
    ]
    return plain_text("\n\n".join(paragraphs) + "\n")


def _html(product: str, activation_code: str, iccid: str, cid: str, apn: str | None) -> str:
    links, parts = install_links(activation_code), manual_code(activation_code)
    asks = [Markup("<p><strong>{}</strong></p>").format(say(CONFIRMATION))]
    picture = Markup('<img src="cid:{}" alt="{}" width="280" height="280">').format(cid, say(QR_CODE))
    body = [
        paragraph(say(INSTALL)),
        paragraph(say(ON_IPHONE), link(links.iphone, say(TAP_IPHONE))),
        paragraph(say(ON_ANDROID), link(links.android, say(TAP_ANDROID))),
        paragraph(say(SCAN), picture),
        paragraph(
            say(BY_HAND),
            Markup("{} {}").format(say(ADDRESS), code(parts.smdp_address)),
            Markup("{} {}").format(say(CODE), code(parts.matching_id)),
        ),
        *(asks if asks_for_confirmation(activation_code) else []),
        Markup("<p>ICCID: {}</p>").format(code(iccid)),
        paragraph(say(SECRET)),
        *(Markup("<h2>{}</h2>\n{}").format(topic.title, bullets(topic.lines)) for topic in help_topics(apn)),
    ]
    return html_letter(say(READY, product=product), body)
