"""The mail that brings a traveler an eSIM."""

from email.headerregistry import Address
from email.message import EmailMessage
from html import escape
from typing import Final

from contract.activation_code import asks_for_confirmation
from delivery.envelope import addressed_mail, token
from delivery.links import CONFIRMATION, install_links, manual_code
from delivery.qr import qr_png

QR_FILE: Final = "esim-qr-code.png"
"""Some mail programs show no picture without a name, and all save it under that."""


def esim_mail(
    *, sender: Address, recipient: str, product: str, activation_code: str, iccid: str, message_id: str
) -> EmailMessage:
    """A mail in plain text and in HTML, with the QR code, the install links and the code to type by hand.

    Message-ID is a hash of ``message_id``, which may be any text: the same one makes the same header.
    Raises ValueError for an activation code or a header value that cannot be sent.
    """
    mail = addressed_mail(sender=sender, recipient=recipient, subject=f"Your eSIM: {product}", message_id=message_id)
    cid = token(message_id)
    mail.set_content(_text(product, activation_code, iccid))
    html = EmailMessage(policy=mail.policy)
    html.set_content(_html(product, activation_code, iccid, cid), subtype="html")
    # The id differs from mail to mail: some mail programs keep pictures by it, and would show another eSIM's.
    code = qr_png(activation_code)
    html.add_related(code, "image", "png", cid=f"<{cid}>", disposition="inline", filename=QR_FILE)
    mail.make_alternative()
    mail.attach(html)
    mail.add_attachment(code, "image", "png", filename=QR_FILE)  # for programs that show no pictures in a mail
    return mail


def _text(product: str, activation_code: str, iccid: str) -> str:
    links, code = install_links(activation_code), manual_code(activation_code)
    asks = f"\n{CONFIRMATION}\n" if asks_for_confirmation(activation_code) else ""
    return f"""\
Your eSIM is ready: {product}

Install it while you have an internet connection, on the phone that you travel with.

iPhone (iOS 17.4 or later), tap:
{links.iphone}

Android, tap:
{links.android}

Or enter it by hand, in the phone's eSIM settings:
SM-DP+ address:   {code.smdp_address}
Activation code:  {code.matching_id}
{asks}
ICCID: {iccid}

Keep this mail to yourself: whoever installs the eSIM first has it.
"""


def _html(product: str, activation_code: str, iccid: str, cid: str) -> str:
    links, code = install_links(activation_code), manual_code(activation_code)
    asks = f"<p><strong>{CONFIRMATION}</strong></p>\n" if asks_for_confirmation(activation_code) else ""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your eSIM</title></head>
<body style="font-family: sans-serif; max-width: 36em; color: #222222; background-color: #ffffff">
<h1 style="font-size: 1.4em">Your eSIM is ready: {escape(product)}</h1>
<p>Install it while you have an internet connection, on the phone that you travel with.</p>
<p>On the phone itself, tap: <a href="{escape(links.iphone)}">install on iPhone</a> (iOS 17.4 or later)
or <a href="{escape(links.android)}">install on Android</a>.</p>
<p>From another screen, scan this code with the phone's camera:</p>
<p><img src="cid:{cid}" alt="QR code of your eSIM" width="280" height="280"></p>
<p>Or enter it by hand, in the phone's eSIM settings:</p>
<p>SM-DP+ address: <code>{escape(code.smdp_address)}</code><br>
Activation code: <code>{escape(code.matching_id)}</code></p>
{asks}<p style="color: #666666">ICCID {escape(iccid)}.
Keep this mail to yourself: whoever installs the eSIM first has it.</p>
</body>
</html>
"""
